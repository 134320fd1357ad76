#!/usr/bin/env bash
# Installs the build into a folder of its own, builds a program and an app against that as a project outside of the
# tree would, with CMake and with pkg-config, and has all of them serve: install.sh BUILD_FOLDER CXX
set -euo pipefail

build=$1
compiler=$2
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d "${TMPDIR:-/tmp}/appserver-test-XXXXXX")
server=
cleanup() {
  [[ -z "$server" ]] || kill "$server"
  rm -rf "$folder"
}
trap cleanup EXIT

# Prints what a server that was started as given answers to GET /, on a socket in the folder.
answer_of() {
  local socket=$folder/socket answer=
  "$@" 2> "$folder/log" &
  server=$!
  for _ in {1..200}; do
    if answer=$(curl -s --unix-socket "$socket" http://server/); then
      break
    fi
    sleep 0.05
  done
  kill "$server"
  wait "$server" || {
    cat "$folder/log" >&2
    exit 1
  }
  server=
  echo "$answer"
}
expect() {
  local expected=$1 found
  shift
  found=$(answer_of "$@")
  [[ "$found" == "$expected" ]] || {
    echo "error: expected '$expected' of $*, found '$found'; its log:" >&2
    cat "$folder/log" >&2
    exit 1
  }
}

cmake --install "$build" --prefix "$folder/prefix" > "$folder/installed"
libdir=$(dirname "$(find "$folder/prefix" -name libappserver.so)")
export LD_LIBRARY_PATH=$libdir

cmake -G Ninja -S "$here/outside" -B "$folder/outside" -DCMAKE_PREFIX_PATH="$folder/prefix" \
  -DCMAKE_CXX_COMPILER="$compiler" > "$folder/configured"
cmake --build "$folder/outside" > "$folder/built"
expect linked "$folder/outside/program" "unix:$folder/socket"
expect loaded "$folder/outside/program" "unix:$folder/socket" "$folder/outside/app.so"
expect loaded "$folder/prefix/bin/appserverd" --bind "unix:$folder/socket" --workers 1 --keep-releases 0 \
  "$folder/outside/app.so"

export PKG_CONFIG_PATH=$libdir/pkgconfig
# shellcheck disable=SC2046  # Two words and more are meant.
"$compiler" -std=c++20 "$here/outside/program.cpp" -o "$folder/program" \
  $(pkg-config --cflags --libs appserver-server)
expect linked "$folder/program" "unix:$folder/socket"

# The examples are projects of their own as well. Compiling all of them is what the build has done.
for example in "$here"/../../examples/*/CMakeLists.txt; do
  name=$(basename "$(dirname "$example")")
  [[ "$name" != tests ]] || continue
  cmake -G Ninja -S "$(dirname "$example")" -B "$folder/$name" -DCMAKE_PREFIX_PATH="$folder/prefix" \
    -DCMAKE_CXX_COMPILER="$compiler" -Werror=dev > "$folder/configured" 2>&1 || {
    echo "error: examples/$name does not configure against what is installed:" >&2
    cat "$folder/configured" >&2
    exit 1
  }
done
cmake --build "$folder/hello" > "$folder/built"
expect 'Hello, World!' "$folder/prefix/bin/appserverd" --bind "unix:$folder/socket" --workers 1 --keep-releases 0 \
  "$folder/hello/hello.so"
