#!/usr/bin/env bash
# Checks that every C and C++ file is as .clang-format wants it.
set -euo pipefail
cd "$(dirname "$0")/../.."
find appserverd examples include libappserver tests \
  \( -name '*.h' -o -name '*.hpp' -o -name '*.c' -o -name '*.cpp' \) -print0 |
  xargs -0 clang-format --dry-run --Werror
echo "the format holds"
