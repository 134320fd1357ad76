#include "app/check_report.h"

#include <doctest/doctest.h>

using namespace appserver::app;

TEST_CASE("CheckReport: control characters of an app do not reach the terminal") {
  CHECK(printable("shop 1.0") == "shop 1.0");
  CHECK(printable("a\x1b[31m\n\x7f") == "a\\x1b[31m\\x0a\\x7f");
  CHECK(printable("Zürich") == "Zürich");
}

TEST_CASE("LoadError: each kind has a word of its own") {
  CHECK(to_string(LoadError::Kind::NoSuchFile) == "no_such_file");
  CHECK(to_string(LoadError::Kind::BootTimeout) == "boot_timeout");
}
