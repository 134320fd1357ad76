#include "app/dlerror_text.h"

#include <vector>

#include <doctest/doctest.h>

using namespace appserver::app;
using Kind = LoadError::Kind;

namespace {

const std::vector<LoadedName> kNames{{"/proc/self/fd/5", "/srv/lib/libshop.so"},
                                     {"/proc/self/fd/55", "/srv/app.so"}};

LoadError explained(std::string_view text) {
  return explain_dlerror(text, kNames);
}

bool contains(const LoadError& error, std::string_view part) {
  return error.message.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("DlerrorText: an undefined symbol is named as linked and as written") {
  const LoadError error = explained("/proc/self/fd/55: undefined symbol: _ZN4shop5priceEiPKc");
  CHECK(error.kind == Kind::UnresolvedSymbol);
  CHECK(error.message.starts_with(
      "/srv/app.so: undefined symbol _ZN4shop5priceEiPKc [shop::price(int, char const*)]: "));
}

TEST_CASE("DlerrorText: an undefined symbol of a library is the library's") {
  const LoadError error = explained("/proc/self/fd/5: undefined symbol: price, version V1");
  CHECK(error.message.starts_with("/srv/lib/libshop.so: undefined symbol price, version V1: "));
}

TEST_CASE("DlerrorText: a missing library is named, and so is who needs it") {
  const LoadError error =
      explained("libtax.so.2: cannot open shared object file: No such file or directory");
  CHECK(error.kind == Kind::MissingLibrary);
  CHECK(error.message.starts_with("/srv/app.so needs the library libtax.so.2, "));
}

TEST_CASE("DlerrorText: a library that was linked by its path is told from one to be installed") {
  const LoadError error =
      explained("build/libtax.so: cannot open shared object file: No such file or directory");
  CHECK(error.kind == Kind::MissingLibrary);
  CHECK(contains(error, "link that library with -Wl,-soname,libtax.so"));
}

TEST_CASE("DlerrorText: a private copy that cannot be opened is our failure, not the app's") {
  const LoadError error =
      explained("/proc/self/fd/55: cannot open shared object file: No such file or directory");
  CHECK(error.kind == Kind::SnapshotFailed);
  CHECK(contains(error, "/proc must be mounted"));
}

TEST_CASE("DlerrorText: a system older than the app's build is told with the version") {
  const LoadError error = explained(
      "/lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.99' not found (required by "
      "/proc/self/fd/55)");
  CHECK(error.kind == Kind::LibraryTooOld);
  CHECK(
      error.message.starts_with("/srv/app.so needs version GLIBCXX_3.4.99 of "
                                "/lib/x86_64-linux-gnu/libstdc++.so.6"));
}

TEST_CASE("DlerrorText: any other text is passed on with the paths that people know") {
  const LoadError error =
      explained("/proc/self/fd/55: cannot allocate memory in static TLS block (/proc/self/fd/5)");
  CHECK(error.kind == Kind::CannotLoad);
  CHECK(contains(error,
                 "/srv/app.so: cannot allocate memory in static TLS block "
                 "(/srv/lib/libshop.so)"));
  CHECK_FALSE(contains(error, "/proc"));
}

TEST_CASE("DlerrorText: only mangled C++ names are demangled") {
  CHECK(demangled("_Z3addii") == "add(int, int)");
  CHECK(demangled("i").empty());
  CHECK(demangled("_Zwrong").empty());
}
