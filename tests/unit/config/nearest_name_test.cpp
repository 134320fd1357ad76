#include "config/nearest_name.h"

#include <array>

#include <doctest/doctest.h>

using namespace appserver::config;

namespace {

const std::array<std::string, 6> kNames{"bind",     "workers",        "log-level",
                                        "log-file", "header-timeout", "user"};

}  // namespace

TEST_CASE("Nearest name: the distance counts single edits and swaps of neighbours") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("workers", "workers") == 0);
  CHECK(edit_distance("wrokers", "workers") == 1);
  CHECK(edit_distance("worker", "workers") == 1);
  CHECK(edit_distance("workerss", "workers") == 1);
  CHECK(edit_distance("wirkers", "workers") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
  // The restricted distance does not edit a swapped pair again (the full one is 2).
  CHECK(edit_distance("ca", "abc") == 3);
}

TEST_CASE("Nearest name: a slip of the fingers finds the name that was meant") {
  CHECK(nearest_name("wrokers", kNames) == "workers");
  CHECK(nearest_name("WORKERS", kNames) == "workers");
  CHECK(nearest_name("log_level", kNames) == "log-level");
  CHECK(nearest_name("header-timeuot", kNames) == "header-timeout");
  CHECK(nearest_name("bin", kNames) == "bind");
}

TEST_CASE("Nearest name: nothing is suggested for a word that resembles no name") {
  CHECK_FALSE(nearest_name("", kNames));
  CHECK_FALSE(nearest_name("x", kNames));
  CHECK_FALSE(nearest_name("colour", kNames));
  CHECK_FALSE(nearest_name("timeout", kNames));
  CHECK_FALSE(nearest_name(std::string(1'000'000, 'w'), kNames));
  CHECK_FALSE(nearest_name("workers", {}));
}

TEST_CASE("Nearest name: the first of equally close names is taken, and a closer one beats it") {
  const std::array<std::string, 3> names{"cat", "cab", "can"};
  CHECK(nearest_name("car", names) == "cat");
  CHECK(nearest_name("can", names) == "can");
}
