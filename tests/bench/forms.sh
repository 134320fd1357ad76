#!/usr/bin/env bash
# What each form of handler costs, as CPU time of the server per request beside the inline form, all in one run, in turns; then
# a handler that waits 50 ms, for 5,000 clients at the same time: how late its answers are, and what they take of memory; then
# what --threads costs. By hand only; needs wrk and strace.
#
#   ./tests/bench/forms.sh [ROUNDS] [SECONDS]        (default 5 rounds of 2 seconds each)
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/bench/cpu_time.sh
source tests/bench/wait_for.sh

rounds=${1:-5}
seconds=${2:-2}
folder=$(mktemp -d)
pids=()
finish() {
  kill "${pids[@]}" 2> /dev/null && wait "${pids[@]}" 2> /dev/null
  rm -rf "$folder"
}
trap finish EXIT
ulimit -n 20000

cmake --preset release -DAPPSERVER_BUILD_TESTS=OFF > /dev/null
cmake --build --preset release --target appserverd > /dev/null
g++ -std=c++20 -O2 -fPIC -shared -Iinclude tests/bench/forms.cpp -o "$folder/forms.so"

start() {  # PORT OPTIONS...
  local port=$1
  shift
  build/release/appserverd/appserverd --bind "127.0.0.1:$port" --worker-connections 8192 --error-logfile "$folder/$port.log" "$@" \
    "$folder/forms.so" &
  pids+=($!)
  wait_for "http://127.0.0.1:$port/inline"
}

start 8811 --workers 1
forms=(inline deferred coroutine nested waited)
for ((round = 0; round < rounds; ++round)); do
  for form in "${forms[@]}"; do
    measure_cpu "$form" "${pids[0]}" "http://127.0.0.1:8811/$form" 32 "$seconds"
  done
done
print_cpu_table form 'times the inline' $((rounds * seconds)) "${forms[@]}"

private_kib() {  # of the workers of a master
  local pid total=0
  for pid in $(pgrep -P "$1" -f 'appserverd: worker'); do
    total=$((total + $(awk '/^Private_Dirty:/ {sum += $2} END {print sum}' "/proc/$pid/smaps_rollup")))
  done
  echo "$total"
}

start 8812 --workers 2
echo
echo '5,000 clients, each answered after 50 ms, on 2 workers:'
idle=$(private_kib "${pids[1]}")
wrk -t1 -c5000 -d8s --latency http://127.0.0.1:8812/sleep > "$folder/sleep" &
wrk_pid=$!
most=0
while kill -0 "$wrk_pid" 2> /dev/null; do
  now=$(private_kib "${pids[1]}")
  most=$((now > most ? now : most))
  read -rt 0.2 <> <(:) || [[ $? -gt 128 ]]
done
grep -E '50%|99%|requests in|Socket errors|Requests/sec' "$folder/sleep"
awk -v most="$most" -v idle="$idle" 'BEGIN { printf "memory of the workers: %d KiB more than before, %.1f KiB for each\n",
  most - idle, (most - idle) / 5000 }'

start 8813 --workers 1 --threads 4
echo
echo 'system calls with --threads 4, under load:'
worker=$(pgrep -P "${pids[2]}" -f 'appserverd: worker' | head -1)
timeout -s INT 3 strace -f -c -o "$folder/calls" -p "$worker" 2> "$folder/strace" &
tracer=$!
count=$(wrk -t1 -c32 -d2s http://127.0.0.1:8813/inline | awk '/requests in/ {print $1}')
wait "$tracer" || [[ $? -eq 124 ]] || {  # 124: ended by its time-out.
  cat "$folder/strace" >&2
  exit 1
}
awk -v n="$count" '$NF ~ /futex|sendto|recvfrom|epoll_wait|write|read/ {
  printf "%-12s %8d calls, %.2f for each request\n", $NF, $4, $4 / n }' "$folder/calls"
