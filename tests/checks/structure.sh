#!/usr/bin/env bash
# Holds the source tree against the rules of docs/DESIGN.md: which room may include which, where third parties may
# be named, who may touch the system. Prints each offence; exits 1 when there is one. The rules are in structure.awk:
# one process reads all files, where one for each match took most of a minute on a busy machine.
set -euo pipefail
cd "$(dirname "$0")/../.."

sources=$(find libappserver appserverd include examples tests -type f \
  \( -name '*.h' -o -name '*.hpp' -o -name '*.cpp' -o -name '*.c' \) | sort)
mapfile -t sources <<< "$sources"
awk -f tests/checks/structure.awk docs/DESIGN.md "${sources[@]}"
