#include "ctl/command_view.h"

#include <string>

#include <doctest/doctest.h>

namespace appserver::ctl {
namespace {

constexpr Style kPlain{false, 80};

std::string progress(const std::string& what, const std::string& slot) {
  return R"({"event":"progress","what":")" + what + R"(","generation":3,"slot":)" + slot + "}";
}

TEST_CASE("CommandView: without a terminal, each piece of news is a line") {
  CommandView view(kPlain, false);
  CHECK(view.take(progress("verifying", "null")) == "verifying\n");
  CHECK(view.take(progress("slot swapped", "0")) == "  slot 0: slot swapped\n");
  CHECK_FALSE(view.has_result());
  CHECK(
      view.take(
          R"({"event":"result","ok":true,"outcome":"live","generation":3,"release":7,"why":"","took_seconds":1.2})") ==
      "live: generation 3, release 7 (1.20 s)\n");
  CHECK(view.has_result());
  CHECK(view.exit_code() == 0);
}

TEST_CASE("CommandView: on a terminal, a slot's line is written over") {
  CommandView view(kPlain, true);
  CHECK(view.take(progress("swapping", "0")) == "\x1b[2K  slot 0: swapping\n");
  CHECK(view.take(progress("swapping", "1")) ==
        "\x1b[1A\x1b[2K  slot 0: swapping\n\x1b[2K  slot 1: swapping\n");
  CHECK(view.take(progress("swapped", "0")) ==
        "\x1b[2A\x1b[2K  slot 0: swapped\n\x1b[2K  slot 1: swapping\n");
  CHECK(view.take(progress("watching", "null")) == "watching\n");
  CHECK(view.take(progress("swapped", "1")) == "\x1b[2K  slot 1: swapped\n");
}

TEST_CASE("CommandView: the exit code tells a rollback from a failure") {
  const auto code_of = [](const std::string& outcome) {
    CommandView view(kPlain, false);
    const std::string text =
        view.take(R"({"event":"result","ok":false,"outcome":")" + outcome + R"(","why":"so"})");
    CHECK(text.find("so\n") != std::string::npos);
    return view.exit_code();
  };
  CHECK(code_of("rolled back") == 2);
  CHECK(code_of("failed") == 1);
  CHECK(code_of("refused") == 1);
}

TEST_CASE("CommandView: lines that are none say nothing") {
  CommandView view(kPlain, false);
  CHECK(view.take("").empty());
  CHECK(view.take("[1]").empty());
  CHECK(view.take("{\"event\"").empty());
  CHECK_FALSE(view.has_result());
}

}  // namespace
}  // namespace appserver::ctl
