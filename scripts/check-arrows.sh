#!/usr/bin/env bash
# Imports point up the list of targets in Package.swift, never down. SwiftPM lets a
# transitive module be imported, so that the order has to be checked here.
set -euo pipefail
cd "$(dirname "$0")/.."

# Targets with a path of their own are of tests, or have no Swift.
mapfile -t targets < <(tr '\n' ' ' <Package.swift | sed -E 's/\.target\( *name: "[A-Za-z]+", *path: "//g' |
    grep -oE '\.(target|systemLibrary|executableTarget)\( *name: "[A-Za-z]+"' | grep -oE '[A-Za-z]+"$' | tr -d '"')
[ ${#targets[@]} -gt 0 ] || { echo "Package.swift: no targets found" >&2; exit 1; }
declare -A floor
for i in "${!targets[@]}"; do floor[${targets[$i]}]=$i; done

broken=0
report() {
    printf '%s\n' "$1" >&2
    broken=1
}

# file:line:import line -> file:line module
imports() {
    { grep -rnE '^ *(@[A-Za-z_()]+ )*((public|package|internal|private) )?import ' --include='*.swift' "$1" || :; } |
        sed -E 's/^([^:]+:[0-9]+):.*import ((struct|class|enum|protocol|func|var|let|typealias) )?([A-Za-z_]+).*/\1 \4/'
}

for target in "${targets[@]}"; do
    [ -d "Sources/$target" ] || { report "Package.swift: target $target has no folder Sources/$target"; continue; }
    while read -r place module; do
        above=${floor[$module]-}
        if [ -n "$above" ] && [ "$above" -ge "${floor[$target]}" ]; then
            report "$place: $target imports $module, which stands below it in Package.swift"
        fi
        if [ "$module" = CHTTP ] && [[ $place != Sources/MemscopeServer/HTTP/* ]]; then
            report "$place: only Sources/MemscopeServer/HTTP may import CHTTP"
        fi
        if [ "$module" = Foundation ] && [ "$target" != MemscopeDemo ]; then
            report "$place: a target that users embed may not import Foundation"
        fi
    done < <(imports "Sources/$target")
done
exit "$broken"
