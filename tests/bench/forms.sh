#!/usr/bin/env bash
# What each form of handler costs, as CPU time of the server per request beside the inline form, all in one run, in turns; then
# a handler that waits 50 ms, for 5,000 clients at the same time: how late its answers are, and what they take of memory; then
# what --threads costs in system calls. By hand only; needs wrk, perf, and tracefs at
# /sys/kernel/tracing.
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
g++ -std=c++20 -O2 tests/bench/burst.cpp -o "$folder/burst"

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
echo '5,000 clients that ask at the same time, each answered after 50 ms, on 2 workers:'
idle=$(private_kib "${pids[1]}")
"$folder/burst" 8812 /sleep 5000 40 &
burst=$!
most=0
while kill -0 "$burst" 2> /dev/null; do
  now=$(private_kib "${pids[1]}")
  most=$((now > most ? now : most))
  read -rt 0.2 <> <(:) || [[ $? -gt 128 ]]
done
wait "$burst"
awk -v most="$most" -v idle="$idle" 'BEGIN { printf "memory of the workers: %d KiB more than before, %.1f KiB for each\n",
  most - idle, (most - idle) / 5000 }'

start 8813 --workers 1 --threads 4
echo
echo 'system calls with --threads 4, under load:'
worker=$(pgrep -P "${pids[2]}" -f 'appserverd: worker' | head -1)
calls=(futex sendto recvfrom epoll_wait write)
# Not strace, which slows each call down so much that threads meet at locks they would not meet at.
perf stat -x, -o "$folder/calls" "${calls[@]/#/-esyscalls:sys_enter_}" -p "$worker" -- \
  wrk -t1 -c32 -d3s http://127.0.0.1:8813/inline > "$folder/threads"
count=$(awk '/requests in/ {print $1}' "$folder/threads")
awk -F, -v n="$count" '/sys_enter_/ {
  sub(/.*sys_enter_/, "", $3)
  printf "%-12s %8d calls, %.2f for each request\n", $3, $1, $1 / n }' "$folder/calls"
