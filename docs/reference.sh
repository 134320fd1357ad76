#!/usr/bin/env bash
# Makes the reference of the public headers, as HTML, in the given folder (build/reference by default). A comment that
# Doxygen cannot follow is an error. Needs the package doxygen.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${1:-build/reference}
command -v doxygen > /dev/null || {
  echo "error: doxygen is not installed; try: apt-get install doxygen" >&2
  exit 1
}
mkdir -p "$folder"
warnings=$(mktemp)
trap 'rm -f "$warnings"' EXIT
(cat docs/Doxyfile && echo "OUTPUT_DIRECTORY = $folder") | doxygen - 2> "$warnings"
if [[ -s "$warnings" ]]; then
  cat "$warnings" >&2
  exit 1
fi
echo "the reference is at $folder/html/index.html"
