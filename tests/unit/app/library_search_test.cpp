#include "app/library_search.h"

#include <doctest/doctest.h>

using namespace appserver::app;
using Texts = std::vector<std::string>;

TEST_CASE("LibrarySearch: $ORIGIN stands for the directory of the file, in both spellings") {
  CHECK(snapshot_directories("$ORIGIN", "/srv/shop") == Texts{"/srv/shop"});
  CHECK(snapshot_directories("$ORIGIN/lib", "/srv/shop") == Texts{"/srv/shop/lib"});
  CHECK(snapshot_directories("${ORIGIN}/../lib", "/srv/shop") == Texts{"/srv/shop/../lib"});
}

TEST_CASE("LibrarySearch: the order of the directories is kept") {
  CHECK(snapshot_directories("/opt/b:$ORIGIN:/opt/a", "/srv") == Texts{"/opt/b", "/srv", "/opt/a"});
}

TEST_CASE("LibrarySearch: what the dynamic linker finds by itself is left to it") {
  CHECK(snapshot_directories("", "/srv").empty());
  CHECK(snapshot_directories("lib:./lib::", "/srv").empty());
  CHECK(snapshot_directories("/usr/lib:/lib/", "/srv").empty());
  CHECK(snapshot_directories("/opt/$LIB:/opt/${PLATFORM}:$ORIGINAL", "/srv").empty());
}

TEST_CASE("LibrarySearch: the system's directories are known, an app's below them are not") {
  CHECK(is_system_directory("/lib"));
  CHECK(is_system_directory("/usr/lib64/"));
  CHECK(is_system_directory("/usr/lib/x86_64-linux-gnu"));
  CHECK(is_system_directory("/usr/share/../lib"));
  CHECK_FALSE(is_system_directory("/usr/lib/shop"));
  CHECK_FALSE(is_system_directory("/usr/lib/x86_64-linux-gnu/shop"));
  CHECK_FALSE(is_system_directory("/usr/local/lib"));
  CHECK_FALSE(is_system_directory("/"));
}

TEST_CASE("LibrarySearch: a path list is split at every colon") {
  using Views = std::vector<std::string_view>;
  CHECK(split_path_list("") == Views{""});
  CHECK(split_path_list("a::b:") == Views{"a", "", "b", ""});
}

TEST_CASE("LibrarySearch: libraries of this process are known by their file names") {
  CHECK(is_library_loaded("libc.so.6"));
  CHECK_FALSE(is_library_loaded("libc.so"));
  CHECK_FALSE(is_library_loaded(""));
}
