#!/usr/bin/env bash
# Installs what is missing, builds and runs all tests: the one command of the README.
#
#   ./tests/run.sh [PRESET] [CTEST ARGUMENTS...]     PRESET: dev (default), asan, tsan, release
#   ./tests/run.sh dev -L unit                       only the unit tests
set -euo pipefail
cd "$(dirname "$0")/.."

preset=${1:-dev}
(($# == 0)) || shift
.ci/install-packages build test

configure=()
command -v ccache > /dev/null && configure+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_C_COMPILER_LAUNCHER=ccache)
cmake --preset "$preset" "${configure[@]}" > /dev/null
cmake --build --preset "$preset"
ctest --preset "$preset" --parallel "$(nproc)" "$@"
