# A shell that forks: subshells, pipes, command substitution, background jobs, traps.
total=0
for number in $(seq 1 20); do
    value=$(echo "$number" | sed 's/1/7/' | tr 0-4 5-9)
    total=$((total + value))
    (exit $((number % 3))) || total=$((total + 1))
done
echo "$total"
for number in 1 2 3 4 5 6 7 8; do
    (sleep 0.0$number; echo "$number" > /dev/null) &
done
wait
printf '%s\n' {a..z}{0..9} | sort -r | head -5
declare -A counts
while read -r word; do counts[$word]=$((${counts[$word]:-0} + 1)); done < <(for i in $(seq 400); do echo "word$((i % 7))"; done)
for word in $(printf '%s\n' "${!counts[@]}" | sort); do echo "$word ${counts[$word]}"; done
trap 'echo trapped' USR1
kill -USR1 $$
coproc cat
echo through >&"${COPROC[1]}"
read -r line <&"${COPROC[0]}"
echo "$line"
eval "exec ${COPROC[1]}>&-"
seq 1 20000 | awk '{ sum += $1; text = text $1 } END { print sum, length(text) }'
find / -maxdepth 1 -type d 2> /dev/null | sort | xargs -n 3 -P 2 echo > /dev/null
bash -c 'bash -c "bash -c \"exit 5\""'
echo "$?"
