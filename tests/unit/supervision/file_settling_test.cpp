#include "supervision/file_settling.h"

#include <doctest/doctest.h>

using namespace appserver;
using namespace appserver::supervision;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kStart{};

}  // namespace

TEST_CASE("FileSettling: without news nobody looks") {
  CHECK_FALSE(FileSettling{}.next_look().has_value());
}

TEST_CASE("FileSettling: a closed file is looked at when it has been quiet for a moment") {
  FileSettling settling;
  settling.note_writing("app.so", kStart);
  CHECK_FALSE(settling.next_look().has_value());
  settling.note_closed("app.so", kStart + 5s);
  CHECK(settling.next_look() == kStart + 5s + FileSettling::kQuiet);
  CHECK_FALSE(settling.is_any_being_written());
}

TEST_CASE("FileSettling: whatever happens in the quiet moment begins it anew") {
  FileSettling settling;
  settling.note_replaced("app.so", kStart);
  settling.note_writing("app.so", kStart + 10ms);
  CHECK(settling.next_look() == kStart + 10ms + FileSettling::kQuiet);
  settling.note_closed("app.so", kStart + 20ms);
  settling.note_replaced("app.so", kStart + 30ms);
  CHECK(settling.next_look() == kStart + 30ms + FileSettling::kQuiet);
}

TEST_CASE("FileSettling: a file that is open for writing is known until it is closed or replaced") {
  FileSettling settling;
  settling.note_writing("app.so", kStart);
  settling.note_writing("lib.so", kStart);
  settling.note_closed("lib.so", kStart);
  CHECK(settling.is_being_written("app.so"));
  CHECK_FALSE(settling.is_being_written("lib.so"));
  settling.note_replaced("app.so", kStart);
  CHECK_FALSE(settling.is_any_being_written());
}

TEST_CASE("FileSettling: in new surroundings nobody is known to write") {
  FileSettling settling;
  settling.note_writing("app.so", kStart);
  settling.note_new_surroundings(kStart);
  CHECK_FALSE(settling.is_any_being_written());
  CHECK(settling.next_look() == kStart + FileSettling::kQuiet);
}

TEST_CASE("FileSettling: a whole file needs no second look") {
  FileSettling settling;
  settling.note_closed("app.so", kStart);
  CHECK_FALSE(settling.looked(false, kStart + FileSettling::kQuiet));
  CHECK_FALSE(settling.next_look().has_value());
}

TEST_CASE("FileSettling: a broken file is looked at again, and told once when it stays so") {
  FileSettling settling;
  settling.note_closed("app.so", kStart);
  CHECK_FALSE(settling.looked(true, kStart + FileSettling::kQuiet));
  REQUIRE(settling.next_look() == kStart + FileSettling::kPatience);
  CHECK(settling.looked(true, kStart + FileSettling::kPatience));
  CHECK_FALSE(settling.next_look().has_value());
  CHECK_FALSE(settling.looked(true, kStart + 1h));
}

TEST_CASE("FileSettling: a broken file that was written on is not told") {
  FileSettling settling;
  settling.note_closed("app.so", kStart);
  CHECK_FALSE(settling.looked(true, kStart + FileSettling::kQuiet));
  settling.note_closed("app.so", kStart + 900ms);
  CHECK_FALSE(settling.looked(true, kStart + FileSettling::kPatience));
  CHECK(settling.next_look() == kStart + 900ms + FileSettling::kPatience);
}
