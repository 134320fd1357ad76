#!/usr/bin/env bash
# What clients notice of reloads and of workers that end, at gunicorn (threaded worker), nginx and appserverd: the clients
# of the chaos suite, the same events, one server after the other. By hand only; needs gunicorn and nginx.
#
#   ./tests/bench/chaos_peers.sh [ROUNDS] [PRESET]       how often each event happens (default 10, release)
set -euo pipefail
cd "$(dirname "$0")/../.."

rounds=${1:-10}
preset=${2:-release}
workers=4
for program in gunicorn nginx; do
  command -v "$program" > /dev/null || {
    echo "error: $program is missing; install it: apt-get install gunicorn nginx-light" >&2
    exit 1
  }
done
cmake --preset "$preset" > /dev/null
cmake --build --preset "$preset" --target chaos_load chaos_app appserverd > /dev/null
client=build/$preset/tests/chaos/chaos_load
here=$PWD

folder=$(mktemp -d)
chmod 755 "$folder"  # nginx's workers leave root.
server=
finish() {
  if [[ -n "$server" ]]; then
    kill "$server" 2> /dev/null && wait "$server" 2> /dev/null
  fi
  rm -rf "$folder"
}
trap finish EXIT

"$client" --write-answers "$folder/answers"
cat > "$folder/nginx.conf" << CONF
worker_processes $workers; daemon off; pid $folder/nginx.pid; error_log $folder/nginx.log;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 1000000000; default_type text/plain;
  client_body_temp_path $folder; proxy_temp_path $folder; fastcgi_temp_path $folder;
  uwsgi_temp_path $folder; scgi_temp_path $folder;
  server {
    listen 127.0.0.1:8812; root $folder/answers;
    location ~ ^/echo/(.*)\$ { return 200 "echo \$1\n"; }
  }
}
CONF

start_gunicorn() {
  gunicorn --workers "$workers" --worker-class gthread --threads 16 --keep-alive 75 --bind 127.0.0.1:8811 --log-level critical \
    --chdir "$here/tests/bench" chaos_peer_app:app &
  server=$! port=8811 term=TERM
}
# It has no app: GET only, and answers from files instead of streams.
start_nginx() {
  nginx -c "$folder/nginx.conf" -p "$folder" &
  server=$! port=8812 term=QUIT
}
start_appserverd() {
  "build/$preset/appserverd/appserverd" --workers "$workers" --bind 127.0.0.1:8813 --error-logfile "$folder/ours.log" \
    "build/$preset/tests/chaos/chaos_app.so" &
  server=$! port=8813 term=TERM
}

workers_of_server() {  # The zygote of appserverd is a child that is no worker.
  pgrep -P "$server" | while read -r pid; do
    tr '\0' ' ' < "/proc/$pid/cmdline" | grep -q zygote || echo "$pid"
  done
}

tell() {  # Gives the load an order; prints what it says.
  local reply
  echo "$*" >&"${load[1]}"
  read -r reply <&"${load[0]}"
  echo "$reply"
}

breathe() { read -rt "$1" <> <(:) || [[ $? -gt 128 ]]; }

event_nothing() { breathe 1; }
event_reloads() {
  for ((i = 0; i < rounds; ++i)); do
    kill -HUP "$server"
    breathe 0.7
  done
}
event_end() {  # A worker is asked to leave, or killed.
  local pid
  for ((i = 0; i < rounds; ++i)); do
    pid=$(workers_of_server | shuf -n 1)
    kill "-$1" "$pid"
    breathe 0.7
  done
}
event_crash() {
  for ((i = 0; i < rounds; ++i)); do
    tell ask /crash/segv 500 > /dev/null
    breathe 1.2
  done
}

measure() {  # NAME [OPTION OF THE CLIENT]
  local name=$1
  shift
  "start_$name"
  until curl -s -o /dev/null "http://127.0.0.1:$port/echo/1"; do breathe 0.05; done
  coproc load { exec "$client" "$port" "$@"; }
  # shellcheck disable=SC2154  # coproc sets it.
  local pid=$load_PID
  breathe 0.5
  tell row "$name: start" > /dev/null
  event_nothing
  tell row "$name: nothing happens"
  event_reloads
  tell row "$name: $rounds reloads"
  event_end "$term"
  tell row "$name: $rounds times $term to a worker"
  event_end KILL
  tell row "$name: $rounds times kill -9 of a worker"
  if [[ $name != nginx ]]; then
    event_crash
    tell row "$name: $rounds crashes by a request"
  fi
  echo end >&"${load[1]}"
  wait "$pid"
  kill "$server"
  wait "$server" 2> /dev/null || [[ $? -lt 128 || $? -eq 143 ]]
  server=
}

"$client" --head
measure gunicorn
measure nginx --no-bodies
measure appserverd
