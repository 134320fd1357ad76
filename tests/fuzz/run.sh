#!/usr/bin/env bash
# Fuzzes one target with libFuzzer and AddressSanitizer:  ./tests/fuzz/run.sh http_request_parser [SECONDS]
# Needs clang and libclang-rt-14-dev. What it finds is left in build/fuzz; the input belongs into seeds/.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${1:?usage: $0 TARGET [SECONDS]}
seconds=${2:-60}
declare -A sources=(
  [chunked_body]="libappserver/http/*.cpp libappserver/net/peer_address.cpp libappserver/net/cidr.cpp libappserver/base/errno_text.cpp"
  [negotiation]="libappserver/http/accept_encoding.cpp libappserver/http/compression.cpp
    libappserver/http/error_body.cpp libappserver/http/error_pages.cpp libappserver/http/head_writer.cpp
    libappserver/http/media_type.cpp libappserver/http/status.cpp libappserver/base/errno_text.cpp"
  [multipart]=" "
  [query_cookie]=" "
  [range_conditional]="libappserver/http/accept_encoding.cpp libappserver/http/conditional.cpp libappserver/http/date.cpp
    libappserver/http/date_syntax.cpp libappserver/http/media_type.cpp libappserver/http/range.cpp"
  [proxy_header]="libappserver/net/proxy_header.cpp libappserver/net/peer_address.cpp"
  [http_request_parser]="libappserver/http/*.cpp libappserver/net/peer_address.cpp libappserver/net/cidr.cpp libappserver/base/errno_text.cpp"
)
[[ -n "${sources[$target]:-}" ]] || {
  echo "error: unknown target $target; known: ${!sources[*]}" >&2
  exit 2
}

mkdir -p "build/fuzz/$target"
# shellcheck disable=SC2086  # The sources are a pattern on purpose.
clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Ilibappserver -Iinclude \
  "tests/fuzz/${target}_fuzz.cpp" ${sources[$target]} -lz -lbrotlienc -o "build/fuzz/$target/fuzz"
"build/fuzz/$target/fuzz" -max_total_time="$seconds" -artifact_prefix="build/fuzz/$target/" \
  "build/fuzz/$target" "tests/fuzz/seeds/$target"
