# shellcheck shell=bash
# The CPU time of a server per request, for the benchmarks that source this: measured in turns, told as a table in which the
# first row is what the others are compared with.

declare -A cpu_spent cpu_requests

ticks_of() {  # CPU ticks of the children of a process
  local pid total=0 fields
  for pid in $(pgrep -P "$1"); do
    read -ra fields < "/proc/$pid/stat"
    total=$((total + fields[13] + fields[14]))
  done
  echo "$total"
}

# NAME MASTER URL CONNECTIONS SECONDS: loads the server, and adds to the row NAME.
measure_cpu() {
  local name=$1 master=$2 before after count
  before=$(ticks_of "$master")
  count=$(wrk -t1 -c"$4" -d"${5}s" "$3" | awk '/requests in/ {print $1}')
  after=$(ticks_of "$master")
  cpu_spent[$name]=$((${cpu_spent[$name]:-0} + after - before))
  cpu_requests[$name]=$((${cpu_requests[$name]:-0} + count))
}

# WHAT BESIDE SECONDS NAMES...: the rows, measured for so many seconds each. WHAT is the title of the names, BESIDE that of the
# last column.
print_cpu_table() {
  local what=$1 beside=$2 seconds=$3 first=$4 name
  shift 3
  printf '%-12s %12s %22s %18s\n' "$what" requests/s 'CPU us per request' "$beside"
  for name in "$@"; do
    awk -v name="$name" -v n="${cpu_requests[$name]}" -v t="${cpu_spent[$name]}" -v n0="${cpu_requests[$first]}" \
      -v t0="${cpu_spent[$first]}" -v s="$seconds" -v hz="$(getconf CLK_TCK)" \
      'BEGIN { us = t / hz * 1e6 / n; us0 = t0 / hz * 1e6 / n0;
               printf "%-12s %12.0f %22.2f %18.2f\n", name, n / s, us, us / us0 }'
  done
}
