# shellcheck shell=bash
# For the benchmarks that source this: waits until somebody answers at a URL, ten seconds at most.
wait_for() {
  local attempt
  for ((attempt = 0; attempt < 200; ++attempt)); do
    curl -s -o /dev/null "$1" && return
    read -rt 0.05 <> <(:) || [[ $? -gt 128 ]]
  done
  echo "nobody answers at $1" >&2
  exit 1
}
