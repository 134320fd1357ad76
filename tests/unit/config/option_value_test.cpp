#include "config/option_value.h"

#include <doctest/doctest.h>

#include "unit/config/option_values.h"

using namespace appserver::config;

namespace {

// The error of giving the option these texts, or "" if it takes them.
std::string refusal(std::string_view name, const std::vector<std::string>& values) {
  Options options;
  const auto assigned = assign(options, row_named(name), values);
  return assigned ? "" : assigned.error().message;
}

}  // namespace

TEST_CASE("Option value: a scalar takes the last text, a list takes them all") {
  Options options;
  CHECK(assign(options, row_named("workers"), std::vector<std::string>{"2", "3"}));
  CHECK(options.workers == 3);
  CHECK(assign(options, row_named("bind"), std::vector<std::string>{":1", ":2"}));
  CHECK(options.bind == std::vector<std::string>{":1", ":2"});
}

TEST_CASE("Option value: bounds hold at both ends") {
  CHECK(refusal("workers", {"1"}).empty());
  CHECK(refusal("workers", {"1024"}).empty());
  CHECK(refusal("workers", {"0"}) == "'0' is out of range; use a value from 1 to 1024");
  CHECK(refusal("workers", {"1025"}) == "'1025' is out of range; use a value from 1 to 1024");
  CHECK(refusal("workers", {"-1"}) == "'-1' is out of range; use a value from 1 to 1024");
  CHECK(refusal("limit-request-fields", {"-1"}) ==
        "'-1' is out of range; use a value from 1 to 32768");
  CHECK(refusal("limit-request-body", {"0"}) == "'0' is out of range; use a value from 1 to 1T");
  CHECK(refusal("limit-request-line", {"2M"}) == "'2M' is out of range; use a value from 1 to 1M");
  CHECK(refusal("boot-timeout", {"8d"}) == "'8d' is out of range; use a value from 1ms to 7d");
}

TEST_CASE("Option value: zero is a keep-alive time but no other time") {
  CHECK(refusal("keep-alive", {"0"}).empty());
  for (const char* const name :
       {"boot-timeout", "graceful-timeout", "header-timeout", "body-timeout", "write-timeout"}) {
    CAPTURE(name);
    CHECK(refusal(name, {"0"}) == "'0' is out of range; use a value from 1ms to 7d");
  }
}

TEST_CASE("Option value: a wrong text is answered with what to write") {
  CHECK(refusal("workers", {"many"}) == "'many' is not a whole number");
  CHECK(refusal("lazy", {"maybe"}) == "'maybe' is neither true nor false");
  CHECK(refusal("boot-timeout", {"soon"}) ==
        "'soon' is not a time; write seconds, or a text such as 500ms, 30s or 2m");
  CHECK(refusal("limit-request-body", {"big"}) ==
        "'big' is not a size; write bytes, or a text such as 64K, 16M or 1G");
  CHECK(refusal("umask", {"9"}) == "'9' is not a file mode; write octal digits such as 022");
  CHECK(refusal("log-level", {"loud"}) == "'loud' is not one of debug, info, warning, error");
  CHECK(refusal("log-format", {"xml"}) == "'xml' is not one of text, json");
}

TEST_CASE("Option value: a variable for the app has a name that a shell can use") {
  for (const char* const text : {"A=1", "_a9=", "PATH=/bin:/usr/bin", "A=b=c", "A=two\nlines"}) {
    CAPTURE(text);
    CHECK(refusal("env", {text}).empty());
  }
  for (const char* const text : {"", "A", "=1", "9A=1", "A B=1", "A-B=1", " A=1"}) {
    CAPTURE(text);
    CHECK(refusal("env", {text}).ends_with("is not of the form NAME=VALUE"));
  }
  CHECK(refusal("env", {"A=1", "B"}) == "'B' is not of the form NAME=VALUE");
}

TEST_CASE("Option value: the server's name can be part of a file name") {
  CHECK(refusal("name", {"shop-2.test_a"}).empty());
  CHECK(refusal("name", {""}).empty());
  for (const char* const text : {"a/b", "..", ".hidden", "two words", "a\n", "é"}) {
    CAPTURE(text);
    CHECK_FALSE(refusal("name", {text}).empty());
  }
}

TEST_CASE("Option value: there is always an address to listen on") {
  CHECK(refusal("bind", {}) == "the list is empty; give at least one entry");
  CHECK(refusal("bind", {":1", ""}) == "'' is empty");
  CHECK(refusal("env", {}).empty());
}

TEST_CASE("Option value: a NUL is refused in every text") {
  const std::string text("a\0b", 3);
  CHECK(refusal("chdir", {text}) == "'a\\x00b' contains a NUL character");
  CHECK(refusal("bind", {text}) == "'a\\x00b' contains a NUL character");
  CHECK(refusal("env", {std::string("A=\0", 3)}) == "'A=\\x00' contains a NUL character");
}

TEST_CASE("Option value: a refused value changes nothing") {
  Options options;
  for (const OptionRow& row : option_table()) {
    const std::vector<std::string> values{std::string("\0", 1)};
    CHECK_FALSE(assign(options, row, values));
    CHECK(toml_value(row, options) == toml_value(row, Options{}));
  }
}

TEST_CASE("Option value: TOML texts escape what TOML does not allow in them") {
  Options options;
  options.chdir = "a\"b\\c\n\x7f";
  CHECK(toml_value(row_named("chdir"), options) == R"("a\"b\\c\u000A\u007F")");
  CHECK(toml_value(row_named("bind"), options) == R"(["127.0.0.1:8000"])");
  CHECK(toml_value(row_named("workers"), options) == "1");
  CHECK(toml_value(row_named("limit-request-line"), options) == "8190");
  CHECK(toml_value(row_named("limit-request-body"), options) == "\"16M\"");
  CHECK(toml_value(row_named("lazy"), options) == "false");
  CHECK(toml_value(row_named("env"), options) == "[]");
}
