#!/usr/bin/env bash
# Holds the source tree against the rules of docs/DESIGN.md: which room may include which, where third parties may
# be named, who may touch the system. Prints each offence; exits 1 when there is one.
set -euo pipefail
cd "$(dirname "$0")/../.."

road=(base config net ipc supervision http app observe ctl worker zygote admin master)
offences=0

offence() {
  echo "$1"
  offences=$((offences + 1))
}

# Prints file:line:text of each match of a pattern in the C and C++ files below the given folders.
find_in() {
  local pattern=$1
  shift
  grep -rnE --include='*.h' --include='*.hpp' --include='*.cpp' --include='*.c' "$pattern" "$@" || [[ $? -eq 1 ]]
}

position() {
  local i
  for i in "${!road[@]}"; do
    [[ "${road[$i]}" == "$1" ]] && echo "$i" && return
  done
}

# 1. A room includes only rooms that stand before it on the road; roles never include each other.
for room in "${road[@]}"; do
  [[ -d "libappserver/$room" ]] || continue
  while IFS=: read -r file line text; do
    [[ -n "$file" ]] || continue
    included=$(sed -E 's/.*#include "([a-z_]+)\/.*/\1/' <<< "$text")
    place=$(position "$included")
    if [[ -z "$place" ]]; then
      offence "$file:$line: includes the unknown room '$included'"
    elif ((place > $(position "$room"))); then
      offence "$file:$line: $room/ stands before $included/ and may not include it"
    elif [[ "$included" != "$room" && " ctl worker zygote admin master " == *" $included "* ]]; then
      offence "$file:$line: process roles meet in ipc/ and in serve.cpp, not here"
    fi
  done < <(find_in '#include "[a-z_]+/' "libappserver/$room")
done

# 2. Third parties live in one room each, and in no public header but the adapter that is made for one.
only_in() {
  local pattern=$1 home=$2 adapter=${3:-none}
  while IFS= read -r hit; do
    [[ -z "$hit" || "$hit" =~ ^libappserver/($home)/ || "$hit" == "include/appserver/$adapter:"* ]] || offence "$hit: belongs to $home/"
  done < <(find_in "#include <$pattern" libappserver appserverd include)
}
only_in 'boost/beast' http beast.hpp
only_in 'boost/json' 'observe|ctl'  # Written there, read here.
only_in 'openssl/evp' app
only_in 'boost/process' master
only_in 'boost/crc' net
only_in 'boost/regex' config
only_in 'zlib' http
only_in 'brotli/' http
only_in 'toml\+\+' config
only_in 'CLI/' config
only_in 'spdlog' observe
only_in 'ev\.h' base
only_in 'boost/process' master
only_in 'backtrace\.h' zygote
only_in 'unwind\.h' worker

# 3. The pure core touches no system: standard library and the clock's types only.
while IFS= read -r hit; do
  [[ -z "$hit" ]] || offence "$hit: supervision/ is pure"
done < <(find_in '#include <.*(/|\.h>)' libappserver/supervision)

# 4. Signal dispositions change in one file; descriptors are born close-on-exec.
while IFS= read -r hit; do
  [[ -z "$hit" || "$hit" == libappserver/base/signals.cpp:* || "$hit" == libappserver/worker/crash_handler.cpp:* ]] || offence "$hit: use base/signals.h"
done < <(find_in '::(sigaction|signal)\(' libappserver appserverd)
while IFS= read -r hit; do
  [[ -z "$hit" ]] || offence "$hit: is not close-on-exec"
done < <(find_in '::((pipe|dup|dup2|accept|epoll_create)\(|eventfd\([^,]*\))' libappserver appserverd)

# 5. Nothing is left to do at once.
while IFS= read -r hit; do
  [[ -z "$hit" ]] || offence "$hit"
done < <(find_in 'TODO\(now\)' libappserver appserverd include examples tests)

# 6. docs/DESIGN.md has a line for every file.
for file in libappserver/*/*.h libappserver/*.h; do
  name=$(basename "$file" .h)
  grep -q "\`$name\`" docs/DESIGN.md || offence "$file: has no line in docs/DESIGN.md"
done
for file in include/appserver/*.h include/appserver/*.hpp; do
  name=$(basename "$file")
  grep -q "$name\`" docs/DESIGN.md || offence "$file: has no line in docs/DESIGN.md"
done
for file in include/appserver/middleware/*.hpp include/appserver/testing/*.hpp; do
  name=$(basename "$file" .hpp)
  grep -q "\`$name\`" docs/DESIGN.md || offence "$file: has no line in docs/DESIGN.md"
done

if ((offences > 0)); then
  echo "$offences offences against the structure"
  exit 1
fi
echo "the structure holds"
