#!/usr/bin/env bash
# Installs what is missing, builds, and serves the example `notes`: the one command of the README.
set -euo pipefail

usage() {
  cat << 'TEXT'
usage: ./examples/quickstart.sh [--port PORT] [--workers N] [--database FILE]

Installs the Debian packages that are missing, builds appserverd and its examples, and serves `notes`, a small REST
service on SQLite, until you press Ctrl-C.

  --port PORT       listen on this port of 127.0.0.1 (default 8000; 0 chooses a free one)
  --workers N       number of worker processes (default 2)
  --database FILE   where the notes are kept (default build/quickstart/notes.db)
TEXT
}

port=8000
workers=2
database=
while [[ $# -gt 0 ]]; do
  case "$1" in
    -h | --help)
      usage
      exit 0
      ;;
    --port | --workers | --database)
      [[ $# -ge 2 ]] || {
        echo "error: $1 needs a value; see --help" >&2
        exit 2
      }
      declare "${1#--}=$2"
      shift 2
      ;;
    *)
      echo "error: unknown option $1; see --help" >&2
      exit 2
      ;;
  esac
done
[[ -z "$database" || "$database" == /* ]] || database="$PWD/$database"

cd "$(dirname "$0")/.."
.ci/install-packages build
cmake --preset release -DAPPSERVER_BUILD_TESTS=OFF > /dev/null
cmake --build --preset release --target appserverd hello echo notes

mkdir -p build/quickstart
export NOTES_DB=${database:-$PWD/build/quickstart/notes.db}
cat << TEXT

appserverd serves examples/notes on http://127.0.0.1:$port, its data is in $NOTES_DB.
Try, in another terminal:

  curl -i http://127.0.0.1:$port/notes -H 'Content-Type: application/json' -d '{"title":"milk","text":"2 litres"}'
  curl http://127.0.0.1:$port/notes
  kill -HUP \$(pgrep -f 'appserverd: master notes')      # rolls out a new build, no request lost

Ctrl-C stops it.

TEXT
exec build/release/appserverd/appserverd --bind "127.0.0.1:$port" --workers "$workers" \
  build/release/examples/notes/notes.so
