#!/usr/bin/env bash
# What each form of handler costs, as CPU time of the server per request beside the inline form, all in one run, in turns; then
# a handler that waits 50 ms, for 5,000 clients at the same time: how late its answers are, and what they take of memory; then
# what --threads costs. By hand only; needs wrk and strace.
#
#   ./tests/bench/forms.sh [ROUNDS] [SECONDS]        (default 5 rounds of 2 seconds each)
set -euo pipefail
cd "$(dirname "$0")/../.."

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
  until curl -s -o /dev/null "http://127.0.0.1:$port/inline"; do read -rt 0.05 <> <(:) || [[ $? -gt 128 ]]; done
}

ticks_of() {  # CPU ticks of the children of a process
  local pid total=0 fields
  for pid in $(pgrep -P "$1"); do
    read -ra fields < "/proc/$pid/stat"
    total=$((total + fields[13] + fields[14]))
  done
  echo "$total"
}

start 8811 --workers 1
forms=(inline deferred coroutine nested waited)
declare -A spent requests
for ((round = 0; round < rounds; ++round)); do
  for form in "${forms[@]}"; do
    before=$(ticks_of "${pids[0]}")
    count=$(wrk -t1 -c32 -d"${seconds}s" "http://127.0.0.1:8811/$form" | awk '/requests in/ {print $1}')
    after=$(ticks_of "${pids[0]}")
    spent[$form]=$((${spent[$form]:-0} + after - before))
    requests[$form]=$((${requests[$form]:-0} + count))
  done
done
printf '%-12s %12s %22s %18s\n' form requests/s 'CPU us per request' 'times the inline'
for form in "${forms[@]}"; do
  awk -v name="$form" -v n="${requests[$form]}" -v t="${spent[$form]}" -v n0="${requests[inline]}" -v t0="${spent[inline]}" \
    -v s=$((rounds * seconds)) -v hz="$(getconf CLK_TCK)" \
    'BEGIN { us = t / hz * 1e6 / n; us0 = t0 / hz * 1e6 / n0;
             printf "%-12s %12.0f %22.2f %18.2f\n", name, n / s, us, us / us0 }'
done

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
timeout -s INT 3 strace -f -c -o "$folder/calls" -p "$worker" 2> /dev/null &
count=$(wrk -t1 -c32 -d2s http://127.0.0.1:8813/inline | awk '/requests in/ {print $1}')
wait $! || true
awk -v n="$count" '$NF ~ /futex|sendto|recvfrom|epoll_wait|write|read/ {
  printf "%-12s %8d calls, %.2f for each request\n", $NF, $4, $4 / n }' "$folder/calls"
