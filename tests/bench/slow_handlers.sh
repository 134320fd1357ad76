#!/usr/bin/env bash
# Blocking handlers of 50 ms on 4 workers and 32 keep-alive clients: how long until all requests are answered, as a
# multiple of the ideal, and how long a health check takes meanwhile. Beside it, in the same run: gunicorn's threaded
# worker, and connections that stay with their worker (the floor with a delay). By hand only.
#
#   ./tests/bench/slow_handlers.sh [REQUESTS_PER_CLIENT]        (default 20)
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/bench/wait_for.sh

requests=${1:-20}
folder=$(mktemp -d)
pids=()
finish() {
  ((${#pids[@]} == 0)) || { kill "${pids[@]}" 2> /dev/null && wait "${pids[@]}" 2> /dev/null; }
  rm -rf "$folder"
}
trap finish EXIT

cmake --preset release -DAPPSERVER_BUILD_TESTS=OFF > /dev/null
cmake --build --preset release --target appserverd > /dev/null
for source in floor makespan; do
  g++ -std=c++20 -O2 "tests/bench/$source.cpp" -o "$folder/$source" -pthread
done
g++ -std=c++20 -O2 -shared -fPIC -Iinclude tests/bench/sleepy.cpp -o "$folder/sleepy.so"

measure() {  # NAME PORT [PROBE_PATH]
  printf '%-22s ' "$1"
  "$folder/makespan" "$2" / 32 "$requests" 4 50 ${3:+"$3"}
}

build/release/appserverd/appserverd --workers 4 --bind 127.0.0.1:8821 --error-logfile "$folder/ours.log" "$folder/sleepy.so" &
pids+=($!)
"$folder/floor" 8822 4 50 &
pids+=($!)
if command -v gunicorn > /dev/null; then
  cat > "$folder/slow_wsgi.py" << 'APP'
import time
def app(environ, start_response):
    time.sleep(0.05)
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '5')])
    return [b'slept']
APP
  gunicorn --chdir "$folder" -w 4 -k gthread --threads 1 --keep-alive 75 -b 127.0.0.1:8823 --log-level error slow_wsgi:app &
  pids+=($!)
  wait_for http://127.0.0.1:8823/
else
  echo "gunicorn is not installed (apt-get install gunicorn); its row is left out" >&2
fi
wait_for http://127.0.0.1:8821/
wait_for http://127.0.0.1:8822/

printf '%-22s %6s %7s %9s %7s %9s %9s %9s %9s\n' server sent failed 'span ms' x\ ideal 'p50 ms' 'max ms' 'probe p50' 'probe max'
measure appserverd 8821 /healthz
measure 'pinned connections' 8822
[[ -z "$(command -v gunicorn)" ]] || measure 'gunicorn gthread' 8823
