#!/usr/bin/env bash
# Ceilings for files, functions and lines. A function is read by its indentation: it ends
# at the first closing brace in the column its first line starts in.
set -euo pipefail
cd "$(dirname "$0")/.."

ceiling() {
    case "$1" in
        Tests/*.swift | Tests/*.mjs | Tests/*.js) echo 500 ;;
        *.swift | *.c | *.py) echo 400 ;;
        */include/*.h) echo 200 ;;
        *.h) echo 400 ;;
        *.js | *.mjs) echo 250 ;;
        *.css) echo 300 ;;
    esac
}

check_file() {
    awk -v file="$1" -v ceiling="$2" -v is_c="$3" '
        function say(text) { print file ":" text; broken = 1 }
        function indent(line) { match(line, /^ */); return RLENGTH }
        function starts(line) {
            if (is_c) return line ~ /^[A-Za-z_].*\(/ && line !~ /;[ \t]*$/ && line !~ /^(typedef|struct|enum|union) [a-z_]* *\{/
            return line ~ /^ *([a-z@][A-Za-z()]* )*(func|function) / || line ~ /^ *([a-z@][A-Za-z()]* )*(de)?init[?(<]/
        }
        length($0) > 120 { say(NR ": line of " length($0) " columns, ceiling 120") }
        !inside && starts($0) { inside = 1; at = NR; column = indent($0); body = 0; switches = 0 }
        inside && !body && /\{[ \t]*$/ { body = NR }
        inside && /\{.*\}[ \t]*$/ && !body { inside = 0 }
        inside && !body && /^ *\}/ { inside = 0 }
        inside && /(^|[ \t])switch[ (]/ { switches = 1 }
        inside && body && NR > body && /^ *\}/ && indent($0) == column {
            lines = NR - body - 1
            if (lines > (switches ? 60 : 40)) say(at ": function of " lines " lines, ceiling " (switches ? 60 : 40))
            inside = 0
        }
        END {
            if (NR > ceiling) say(NR ": file of " NR " lines, ceiling " ceiling)
            exit broken
        }
    ' "$1"
}

broken=0
while IFS= read -r -d '' file; do
    limit=$(ceiling "$file")
    [ -n "$limit" ] && [ -f "$file" ] || continue
    case "$file" in *.c | *.h) is_c=1 ;; *) is_c=0 ;; esac
    check_file "$file" "$limit" "$is_c" >&2 || broken=1
done < <(git ls-files -z -co --exclude-standard --deduplicate)
exit "$broken"
