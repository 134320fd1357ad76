#!/usr/bin/env bash
# The long form of the chaos suite: everything that can happen to a server, again and again, while clients of all kinds
# check every byte. Prints a row for each event; fails when a client noticed what it must not notice.
#
#   ./tests/bench/chaos.sh [REQUESTS] [PRESET]       (default 200000, release; asan is the other one of interest)
#
# APPSERVER_CHAOS_ONLY=TEXT runs only the events whose name has this text.
set -euo pipefail
cd "$(dirname "$0")/../.."

requests=${1:-200000}
preset=${2:-release}
cmake --preset "$preset" > /dev/null
cmake --build --preset "$preset" --target chaos_tests > /dev/null
APPSERVER_CHAOS_REQUESTS=$requests "build/$preset/tests/chaos/chaos_tests" --test-case='Chaos*'
