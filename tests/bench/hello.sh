#!/usr/bin/env bash
# How much CPU time of the server a small keep-alive request costs, beside a bare epoll responder (the floor) and nginx,
# all measured in the same run, in turns. By hand only; needs wrk and nginx.
#
#   ./tests/bench/hello.sh [ROUNDS] [SECONDS]        (default 5 rounds of 3 seconds each)
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/bench/cpu_time.sh
source tests/bench/wait_for.sh

rounds=${1:-5}
seconds=${2:-3}
workers=2
folder=$(mktemp -d)
pids=()
finish() {
  kill "${pids[@]}" 2> /dev/null && wait "${pids[@]}" 2> /dev/null
  rm -rf "$folder"
}
trap finish EXIT

cmake --preset release -DAPPSERVER_BUILD_TESTS=OFF > /dev/null
cmake --build --preset release --target appserverd hello > /dev/null
g++ -std=c++20 -O2 tests/bench/floor.cpp -o "$folder/floor"
cat > "$folder/nginx.conf" << CONF
worker_processes $workers; daemon off; pid $folder/nginx.pid; error_log $folder/nginx.log;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path $folder; proxy_temp_path $folder; fastcgi_temp_path $folder;
  uwsgi_temp_path $folder; scgi_temp_path $folder;
  server { listen 127.0.0.1:8802; location / { default_type text/plain; return 200 "Hello, World!"; } }
}
CONF

"$folder/floor" 8801 "$workers" &
pids+=($!)
nginx -c "$folder/nginx.conf" -p "$folder" &
pids+=($!)
build/release/appserverd/appserverd --workers "$workers" --bind 127.0.0.1:8803 --error-logfile "$folder/ours.log" \
  build/release/examples/hello/hello.so &
pids+=($!)
names=(floor nginx appserverd)
for port in 8801 8802 8803; do
  wait_for "http://127.0.0.1:$port/"
done

for ((round = 0; round < rounds; ++round)); do
  for i in 0 1 2; do
    measure_cpu "${names[$i]}" "${pids[$i]}" "http://127.0.0.1:$((8801 + i))/" 64 "$seconds"
  done
done
print_cpu_table server 'times the floor' $((rounds * seconds)) "${names[@]}"
