#!/usr/bin/env bash
# Imports point up the list of targets in Package.swift, never down. SwiftPM lets a
# transitive module be imported, so that the order has to be checked here.
set -euo pipefail
cd "$(dirname "$0")/.."

# Name and folder of each target that is not of tests, in the manifest's order.
rows=$(swift package dump-package | python3 -c '
import json, sys
for target in json.load(sys.stdin)["targets"]:
    folder = target.get("path") or "Sources/" + target["name"]
    if target["type"] != "test" and folder.startswith("Sources/"):
        print(target["name"], folder)
')
declare -A floor folders
targets=()
while read -r name folder; do
    floor[$name]=${#targets[@]} folders[$name]=$folder
    targets+=("$name")
done <<<"$rows"

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

# refuse WHY PATTERN PATH…: no line of these files may match.
refuse() {
    while IFS= read -r line; do report "$line: $1"; done < <(grep -rnE "$2" "${@:3}" || :)
}

for target in "${targets[@]}"; do
    folder=${folders[$target]}
    [ -d "$folder" ] || { report "Package.swift: target $target has no folder $folder"; continue; }
    while read -r place module; do
        above=${floor[$module]-}
        if [ -n "$above" ] && [ "$above" -ge "${floor[$target]}" ]; then
            report "$place: $target imports $module, which stands below it in Package.swift"
        fi
        if [ "$module" = CHTTP ] && [[ $place != Sources/MemscopeServer/HTTP/* ]]; then
            report "$place: only Sources/MemscopeServer/HTTP may import CHTTP"
        fi
        if [ "$module" = CMemscope ] && [[ $place != Sources/@(Tracking|MemscopeServer/HTTP)/* ]]; then
            report "$place: only Sources/Tracking and Sources/MemscopeServer/HTTP may import CMemscope"
        fi
        if [ "$module" = Foundation ] && [ "$target" != MemscopeDemo ]; then
            report "$place: a target that users embed may not import Foundation"
        fi
    done < <(imports "$folder")
done
# What Swift calls of the core, the engine must find in a process in which it has a namespace of its own.
declared=$(grep -rhoE '\bmscope_[a-z_]+\(' Sources/CMemscope/include | sort -u)
while IFS= read -r name; do
    grep -qF "MSCOPE_BRIDGE(${name%(})" Sources/MemscopePreload/bridge.def ||
        report "Sources/MemscopePreload/bridge.def: ${name%(} is missing, which Swift calls"
done < <(grep -rhoE '\bmscope_[a-z_]+\(' --include='*.swift' Sources | sort -u | grep -xF "$declared")
refuse "routes ask the session, not the core" '\bCaptureCore\b' Sources/MemscopeServer/API
refuse "what stands below the façade does not call it" '\bMemScope\.(version|runningServer|serve)\b' Sources/MemscopeServer/*/
refuse "charts import neither views nor state" '"\.\./(views|state)/' Public/js/charts

# Rooms of the core, lowest first. A file may include headers of its own room, and of a room below the one that bears
# its name, which says what that room gives to others. The list of entries is one to expand.
rooms=(base images stacks record checks scan hooks)
declare -A height
for i in "${!rooms[@]}"; do height[${rooms[$i]}]=$i; done
core=Sources/CMemscope
for entry in "$core"/*; do
    entry=${entry#"$core"/}
    [ "$entry" = include ] || [ -n "${height[$entry]-}" ] || report "$core/$entry is no room: ${rooms[*]}"
done
for room in "${rooms[@]}"; do
    while IFS=: read -r file line header; do
        other=${header%%/*}
        case $header in
        CMemscope*.h | "$room"/*) continue ;;
        esac
        if [ -z "${height[$other]-}" ] || [ "${height[$other]}" -gt "${height[$room]}" ]; then
            report "$file:$line: $room includes $header, which is in no room below it"
        elif [ "$header" != "$other/$other.h" ] && [ "$header" != base/entries.def ]; then
            report "$file:$line: $room includes $header; of another room it may include $other/$other.h"
        fi
    done < <(grep -rnE '^ *# *include "' "$core/$room" | sed -E 's/# *include "([^"]+)".*/\1/')
done
exit "$broken"
