#include "supervision/tried_builds.h"

#include <doctest/doctest.h>

using namespace appserver::supervision;

namespace {

const Build kFirst{"app-1.so", 1, "stamp 1"};
const Build kSecond{"app-2.so", 2, "stamp 2"};

std::vector<std::string> names_of(const std::vector<Build>& builds) {
  std::vector<std::string> names;
  for (const Build& build : builds) {
    names.push_back(build.name);
  }
  return names;
}

}  // namespace

TEST_CASE("is_release_name: hidden names and those of unfinished files are none") {
  for (const char* const name : {"a.so", "orders-1.2.so", "tmp.so", "part.so"}) {
    CAPTURE(name);
    CHECK(is_release_name(name));
  }
  for (const char* const name :
       {"", ".so", ".a.so", "a.so.tmp", "a.so.part", "a.so~", "a.tmp.so", "a.part.so", "#a.so#",
        "#a.so", "~a.so", ".a.so.x7Qa", "liba.so.1", "so", "a.SO"}) {
    CAPTURE(name);
    CHECK_FALSE(is_release_name(name));
  }
}

TEST_CASE("newest_first: sorts by time, then by name, and leaves out what is no release") {
  CHECK(names_of(newest_first({{"b.so", 5, ""},
                               {"c.so", 7, ""},
                               {".d.so", 9, ""},
                               {"a.so", 5, ""},
                               {"e.so.tmp", 9, ""}})) ==
        std::vector<std::string>{"c.so", "b.so", "a.so"});
}

TEST_CASE("TriedBuilds: what was begun is settled until it is another file") {
  TriedBuilds tried;
  CHECK_FALSE(tried.is_settled(kFirst));
  tried.note_begun(kFirst);
  CHECK(tried.is_settled(kFirst));
  CHECK_FALSE(tried.is_settled({kFirst.name, 1, "another stamp"}));
}

TEST_CASE("TriedBuilds: a failed one stays settled, and the one before it is new again") {
  TriedBuilds tried;
  tried.note_begun(kFirst);
  tried.note_begun(kSecond);
  tried.note_failed(kSecond);
  CHECK(tried.is_settled(kSecond));
  CHECK_FALSE(tried.is_settled(kFirst));
}

TEST_CASE("TriedBuilds: an older one that is the newest again is not settled") {
  TriedBuilds tried;
  tried.note_begun(kFirst);
  tried.note_begun(kSecond);
  CHECK_FALSE(tried.is_settled(kFirst));
}

TEST_CASE("TriedBuilds: the failure of a superseded one leaves the current one settled") {
  TriedBuilds tried;
  tried.note_begun(kFirst);
  tried.note_begun(kSecond);
  tried.note_failed(kFirst);
  CHECK(tried.is_settled(kFirst));
  CHECK(tried.is_settled(kSecond));
}

TEST_CASE("TriedBuilds: a successor knows all of it") {
  TriedBuilds tried;
  tried.note_begun(kSecond);
  tried.note_failed(kSecond);
  tried.note_begun(kFirst);
  const TriedBuilds resumed = TriedBuilds::resume(tried.entries());
  CHECK(resumed.is_settled(kFirst));
  CHECK(resumed.is_settled(kSecond));
  CHECK_FALSE(resumed.is_settled({"app-3.so", 3, "stamp 3"}));
}

TEST_CASE("TriedBuilds: the failure of a file that is gone is forgotten") {
  TriedBuilds tried;
  tried.note_begun(kFirst);
  tried.note_failed(kFirst);
  tried.keep_only({kSecond});
  CHECK_FALSE(tried.is_settled(kFirst));
}
