# The rules behind structure.sh, which gives docs/DESIGN.md and then all C and C++ files. Made for every awk: an
# interval such as {2} means nothing to Debian's mawk.

function offence(text) {
  print text
  ++offences
}

# The line that is being read, as grep would print it.
function hit() {
  return FILENAME ":" FNR ":" $0
}

function is_below(folders) {
  return FILENAME ~ "^(" folders ")/"
}

# Third parties that match `pattern` are named below libappserver/`home`/ only, and in the public header `adapter`.
function only_in(pattern, home, adapter) {
  home_of[pattern] = home
  adapter_of[pattern] = adapter
}

BEGIN {
  count = split("base config net ipc supervision http app observe ctl worker zygote admin master", road, " ")
  for (i = 1; i <= count; ++i) {
    position[road[i]] = i
  }
  count = split("ctl worker zygote admin master", roles, " ")
  for (i = 1; i <= count; ++i) {
    is_role[roles[i]] = 1
  }

  only_in("boost/beast", "http", "beast.hpp")
  only_in("boost/json", "observe|ctl")  # Written there, read here.
  only_in("openssl/evp", "app")
  only_in("boost/process", "master")
  only_in("boost/crc", "net")
  only_in("boost/regex", "config")
  only_in("zlib", "http")
  only_in("brotli/", "http")
  only_in("toml[+][+]", "config")
  only_in("CLI/", "config")
  only_in("spdlog", "observe")
  only_in("ev[.]h", "base")
  only_in("backtrace[.]h", "zygote")
  only_in("unwind[.]h", "worker")
}

FILENAME == "docs/DESIGN.md" {
  design = design $0 "\n"
  next
}

# 1. A room includes only rooms that stand before it on the road; roles never include each other.
/#include "[a-z_]+\// && is_below("libappserver") {
  split(FILENAME, place, "/")
  room = place[2]
  included = $0
  sub(/.*#include "/, "", included)
  sub(/\/.*/, "", included)
  if (!(room in position)) {
    # A file that is in no room, as the composition root: it puts the rooms together.
  } else if (!(included in position)) {
    offence(FILENAME ":" FNR ": includes the unknown room '" included "'")
  } else if (position[included] > position[room]) {
    offence(FILENAME ":" FNR ": " room "/ stands before " included "/ and may not include it")
  } else if (included != room && included in is_role) {
    offence(FILENAME ":" FNR ": process roles meet in ipc/ and in serve.cpp, not here")
  }
}

# 2. Third parties live in one room each, and in no public header but the adapter that is made for one.
/#include </ && is_below("libappserver|appserverd|include") {
  for (pattern in home_of) {
    if ($0 ~ "#include <" pattern && !is_below("libappserver/(" home_of[pattern] ")") &&
        FILENAME != "include/appserver/" adapter_of[pattern]) {
      offence(hit() ": belongs to " home_of[pattern] "/")
    }
  }
}

# 3. The pure core touches no system: standard library and the clock's types only.
/#include <.*(\/|\.h>)/ && is_below("libappserver/supervision") {
  offence(hit() ": supervision/ is pure")
}

# 4. Signal dispositions change in one file; descriptors are born close-on-exec.
/::(sigaction|signal)\(/ && is_below("libappserver|appserverd") &&
    FILENAME != "libappserver/base/signals.cpp" && FILENAME != "libappserver/worker/crash_handler.cpp" {
  offence(hit() ": use base/signals.h")
}
/::((pipe|dup|dup2|accept|epoll_create)\(|eventfd\([^,]*\))/ && is_below("libappserver|appserverd") {
  offence(hit() ": is not close-on-exec")
}

# 5. Nothing is left to do at once.
/TODO\(now\)/ {
  offence(hit())
}

# 6. docs/DESIGN.md has a line for every header.
function must_be_in_design(file, name) {
  if (!index(design, name)) {
    offence(file ": has no line in docs/DESIGN.md")
  }
}

END {
  for (i = 2; i < ARGC; ++i) {
    file = ARGV[i]
    name = file
    sub(/.*\//, "", name)
    bare = name
    sub(/\.[a-z]+$/, "", bare)
    if (file ~ /^libappserver\/([^\/]+\/)?[^\/]+\.h$/ || file ~ /^include\/appserver\/(middleware|testing)\/[^\/]+\.hpp$/) {
      must_be_in_design(file, "`" bare "`")
    } else if (file ~ /^include\/appserver\/[^\/]+\.(h|hpp)$/) {
      must_be_in_design(file, name "`")
    }
  }
  if (offences) {
    print offences " offences against the structure"
    exit 1
  }
  print "the structure holds"
}
