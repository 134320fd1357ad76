#include "observe/escape.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

using appserver::observe::append_escaped;
using appserver::observe::append_hex_escape;
using appserver::observe::printable_length;
using appserver::observe::Quotes;

namespace {

std::string escaped(std::string_view text, Quotes quotes = Quotes::Escape) {
  std::string out;
  append_escaped(out, text, quotes);
  return out;
}

struct Row {
  std::string_view text;
  std::string_view expected;
};

}  // namespace

TEST_CASE("escape: text that harms no log is not changed") {
  for (const std::string_view text :
       {"", "plain text", "~!@#$%^&*()", "Gr\u00fc\u00dfe", "\u20ac", "\u0800 \ud7ff \ue000 \uffff",
        "\u2027 \u202f \u2065 \u206a", "\U00010000 \U0001F600 \U0010FFFF", "\u00a0"}) {
    CHECK(escaped(text) == text);
  }
}

TEST_CASE("escape: control bytes, DEL, quotes and backslashes become visible") {
  using namespace std::string_view_literals;
  for (const auto& [text, expected] : {
           Row{"a\nb", "a\\nb"},
           Row{"a\rb", "a\\rb"},
           Row{"a\tb", "a\\tb"},
           Row{"a\0b"sv, "a\\x00b"},
           Row{"\x01\x1f", "\\x01\\x1F"},
           Row{"\x1b[31m", "\\x1B[31m"},
           Row{"\x7f", "\\x7F"},
           Row{"say \"hi\"", "say \\\"hi\\\""},
           Row{"a\\n", "a\\\\n"},
       }) {
    CHECK(escaped(text) == expected);
  }
}

TEST_CASE("escape: every control byte is escaped") {
  for (int byte = 0; byte < 0x20; ++byte) {
    const char c = static_cast<char>(byte);
    CHECK(printable_length({&c, 1}) == 0);
  }
}

TEST_CASE("escape: quotes can be kept, backslashes never") {
  CHECK(escaped("\"a\" \\ \n", Quotes::Keep) == "\"a\" \\\\ \\n");
}

TEST_CASE("escape: bytes that are not UTF-8 are escaped one by one") {
  for (const auto& [text, expected] : {
           Row{"\xff", "\\xFF"}, Row{"\x80", "\\x80"},       // A continuation without a lead.
           Row{"\xc3", "\\xC3"},                             // Cut off after the lead.
           Row{"\xe2\x82", "\\xE2\\x82"},                    // Cut off in the middle.
           Row{"\xc3(", "\\xC3("},                           // The next byte does not continue it.
           Row{"\xf0\x9f\x98z", "\\xF0\\x9F\\x98z"},         // Nor does the last one.
           Row{"\xc0\xaf", "\\xC0\\xAF"},                    // An overlong '/'.
           Row{"\xe0\x80\xaf", "\\xE0\\x80\\xAF"},           // The same in three bytes.
           Row{"\xe0\x9f\xbf", "\\xE0\\x9F\\xBF"},           // The largest overlong of three bytes.
           Row{"\xf0\x80\x80\xaf", "\\xF0\\x80\\x80\\xAF"},  // And in four.
           Row{"\xf0\x8f\xbf\xbf", "\\xF0\\x8F\\xBF\\xBF"},  // And of four.
           Row{"\xed\xa0\x80", "\\xED\\xA0\\x80"},           // A surrogate.
           Row{"\xed\xbf\xbf", "\\xED\\xBF\\xBF"},           // The last surrogate.
           Row{"\xf4\x90\x80\x80", "\\xF4\\x90\\x80\\x80"},  // Beyond U+10FFFF.
           Row{"\xf5\x80\x80\x80", "\\xF5\\x80\\x80\\x80"},  // A lead that never occurs.
       }) {
    CHECK(escaped(text) == expected);
  }
}

TEST_CASE("escape: characters that disturb the line they stand in are escaped") {
  for (const auto& [text, expected] : {
           Row{"\xc2\x80", "\\xC2\\x80"},     // The first C1 control.
           Row{"\xc2\x9b", "\\xC2\\x9B"},     // CSI: starts a terminal command, as ESC [ does.
           Row{"\xc2\x9f", "\\xC2\\x9F"},     // The last C1 control.
           Row{"\u2028", "\\xE2\\x80\\xA8"},  // Line separator.
           Row{"\u202e", "\\xE2\\x80\\xAE"},  // Right-to-left override.
           Row{"\u2066", "\\xE2\\x81\\xA6"},  // Left-to-right isolate.
           Row{"\u2069", "\\xE2\\x81\\xA9"},  // Pop isolate.
       }) {
    CHECK(escaped(text) == expected);
  }
}

TEST_CASE("escape: a hexadecimal escape has two capital digits") {
  std::string out = "x";
  append_hex_escape(out, 0x0A);
  append_hex_escape(out, 0xFE);
  CHECK(out == "x\\x0A\\xFE");
}
