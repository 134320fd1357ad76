#!/usr/bin/env bash
# Deploys under load, by `appserverd ctl`: how many requests failed, what the command said, and how long it took. The load is
# wrk on keep-alive connections. By hand only; needs wrk, and the build of PRESET with its tests.
#
#   ./tests/bench/deploys.sh [PRESET] [WORKERS]        (default dev 8)
set -euo pipefail
cd "$(dirname "$0")/../.."

preset=${1:-dev} workers=${2:-8}
program=$PWD/build/$preset/appserverd/appserverd
apps=$PWD/build/$preset/tests/server/apps
fixtures=$PWD/build/$preset/tests/fixtures/apps
folder=$(mktemp -d)
server=
finish() {
  [[ -z "$server" ]] || { kill "$server" 2> /dev/null && wait "$server" 2> /dev/null; }
  rm -rf "$folder"
}
trap finish EXIT

cat > "$folder/server.toml" << TOML
bind = ["127.0.0.1:8871"]
control_socket = "$folder/control.sock"
state_dir = "$folder/state"
deploy_canary = 1
deploy_watch = "1s"
watch_requests = 50

[[deploy.check]]
path = "/check"
body = "ready"
TOML
cp "$apps/release_good.so" "$folder/v1.so"
(cat "$apps/release_good.so" && echo another release) > "$folder/v2.so"

"$program" --config "$folder/server.toml" --workers "$workers" "$folder/v1.so" 2> "$folder/log" &
server=$!
ctl() { "$program" ctl -s "$folder/control.sock" "$@"; }
for ((attempt = 0; attempt < 200; ++attempt)); do
  ctl workers > /dev/null 2>&1 && break
  read -rt 0.05 <> <(:) || [[ $? -gt 128 ]]
done

# NAME TIMES EXIT_CODE COMMAND...: the command again and again while clients are served. `%` becomes v1 and v2 in turns.
phase() {
  local name=$1 times=$2 expected=$3 i status took wrong=0
  shift 3
  wrk -t1 -c32 -d120s "http://127.0.0.1:8871/" > "$folder/wrk" 2>&1 &
  local load=$!
  : > "$folder/times"
  for ((i = 0; i < times; ++i)); do
    status=0
    ctl "${@//%/v$((1 + (i + 1) % 2))}" > "$folder/said" || status=$?
    ((status == expected)) || { wrong=$((wrong + 1)); cat "$folder/said" >&2; }
    grep -oE '\([0-9.]+ s\)' "$folder/said" | tail -1 | tr -d '()s ' >> "$folder/times"
  done
  kill -INT "$load"
  wait "$load" || [[ $? -eq 130 ]]
  took=$(sort -n "$folder/times" | awk '{t[NR] = $1} END {printf "%s / %s / %s", t[1], t[int((NR + 1) / 2)], t[NR]}')
  printf '%-34s %3d %8d %22s %10s %10s  %s\n' "$name" "$times" "$wrong" "$took" \
    "$(awk '/requests in/ {print $1}' "$folder/wrk")" "$(awk '/Non-2xx/ {print $NF; found = 1} END {if (!found) print 0}' "$folder/wrk")" \
    "$(grep -oE 'Socket errors:.*' "$folder/wrk" || echo 'no socket errors')"
}

printf '%-34s %3s %8s %22s %10s %10s\n' command n 'wrong rc' 'seconds min/med/max' requests 'not 2xx'
phase 'deploy of v1 and v2 in turns' 20 0 deploy "$folder/%.so"
phase 'one that fails while loading' 5 1 deploy "$fixtures/load_hook_crashes.so"
phase 'one that fails the check' 5 1 deploy "$fixtures/good_v1.so"
phase '500 to a tenth of its requests' 5 2 deploy "$apps/release_failing.so"
phase 'one that crashes under traffic' 5 2 deploy "$apps/release_crashing.so"
phase 'deploy, for the way back' 1 0 deploy "$folder/%.so"
phase 'rollback' 5 0 rollback
