#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <appserver/url.hpp>

namespace url = appserver::url;

TEST_CASE("percent_decode: escapes become bytes and anything malformed is refused") {
  CHECK(url::percent_decode("") == "");
  CHECK(url::percent_decode("a%41%7e%7E+b") == "aA~~+b");
  CHECK(url::percent_decode("%00")->size() == 1);
  CHECK(url::percent_decode("%ff%FF") == "\xFF\xFF");
  CHECK(url::percent_decode("%2541") == "%41");
  for (const char* malformed : {"%", "%4", "%g0", "%0g", "a%", "%%", "% 1", "%-1"}) {
    CAPTURE(malformed);
    CHECK_FALSE(url::percent_decode(malformed).has_value());
  }
}

TEST_CASE("query_decode: plus is a space and a malformed escape stays") {
  CHECK(url::query_decode("a+b%2Bc") == "a b+c");
  CHECK(url::query_decode("%") == "%");
  CHECK(url::query_decode("%4+%41") == "%4 A");
}

TEST_CASE("visit_fields: fields come in order until the visitor has enough") {
  std::vector<std::pair<std::string, std::string>> seen;
  url::visit_fields("&a=1&&b&=c&d=e=f&", '&', [&seen](std::string_view n, std::string_view v) {
    seen.emplace_back(n, v);
    return false;
  });
  CHECK(seen == std::vector<std::pair<std::string, std::string>>{
                    {"a", "1"}, {"b", ""}, {"", "c"}, {"d", "e=f"}});
  int visits = 0;
  url::visit_fields("a&b&c", '&',
                    [&visits](std::string_view, std::string_view) { return ++visits == 2; });
  CHECK(visits == 2);
}

TEST_CASE("names_field: names are compared decoded") {
  CHECK(url::names_field("a", "a"));
  CHECK(url::names_field("a%5B%5D", "a[]"));
  CHECK(url::names_field("a+b", "a b"));
  CHECK_FALSE(url::names_field("%61", "%61"));
  CHECK_FALSE(url::names_field("a", "A"));
}

TEST_CASE("same_name: only the case of ASCII letters is ignored") {
  CHECK(url::same_name("Content-Type", "cONTENT-tYPE"));
  CHECK_FALSE(url::same_name("a", "ab"));
  CHECK_FALSE(url::same_name("[", "{"));
  CHECK_FALSE(url::same_name("\xC3\x89", "\xC3\xA9"));
}

TEST_CASE("is_token: a token is not empty and has no separators") {
  CHECK(url::is_token("GET"));
  CHECK(url::is_token("M-SEARCH"));
  for (const char* text : {"", "a b", "a\t", "a:", "a(", "\xC3\xA9", "a\x7f", "\""}) {
    CAPTURE(text);
    CHECK_FALSE(url::is_token(text));
  }
}

TEST_CASE("trim: blanks around are taken off, those inside stay") {
  CHECK(url::trim(" \ta b\t ") == "a b");
  CHECK(url::trim(" \t") == "");
  CHECK(url::trim("") == "");
}
