#include "config/quote.h"

#include <doctest/doctest.h>

using namespace appserver::config;

TEST_CASE("Quote: ordinary text is shown as it is") {
  CHECK(in_quotes("app.so") == "'app.so'");
  CHECK(printable("größe") == "größe");
}

TEST_CASE("Quote: control characters cannot break the line or drive a terminal") {
  CHECK(in_quotes("a\nb\x1b[2J\x7f") == "'a\\x0ab\\x1b[2J\\x7f'");
  CHECK(printable(std::string_view("\0", 1)) == "\\x00");
}

TEST_CASE("Quote: an overlong text is cut") {
  CHECK(printable(std::string(200, 'x')) == std::string(200, 'x'));
  CHECK(printable(std::string(201, 'x')) == std::string(200, 'x') + "...");
}
