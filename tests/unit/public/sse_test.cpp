#include <chrono>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include <appserver/sse.hpp>

using appserver::to_event_comment;
using appserver::to_text;

TEST_CASE("Event: its fields are lines, and an empty line ends it") {
  using namespace std::chrono_literals;
  CHECK(to_text({.data = "hello"}) == "data: hello\n\n");
  CHECK(to_text({.data = "{}", .id = "7", .type = "news", .retry = 1500ms}) ==
        "event: news\nid: 7\nretry: 1500\ndata: {}\n\n");
  CHECK(to_text({}) == "data: \n\n");
  CHECK(to_text({.data = "x", .retry = -1s}) == "retry: 0\ndata: x\n\n");
}

TEST_CASE("Event: each line of its data is a line of its own, however it ends") {
  CHECK(to_text({.data = "a\nb\r\nc\rd"}) == "data: a\ndata: b\ndata: c\ndata: d\n\n");
  CHECK(to_text({.data = "a\n"}) == "data: a\ndata: \n\n");
  CHECK(to_text({.data = "\n\r"}) == "data: \ndata: \ndata: \n\n");
  CHECK(to_text({.data = " led by a blank"}) == "data:  led by a blank\n\n");
  CHECK(to_text({.data = "x\n\nid: 9\nevent: forged"}) ==
        "data: x\ndata: \ndata: id: 9\ndata: event: forged\n\n");
}

TEST_CASE("Event: an id or a type with a line break is refused") {
  using namespace std::string_view_literals;
  for (const std::string_view bad : {"a\nb"sv, "a\rb"sv, "a\0b"sv}) {
    CHECK_THROWS_AS(static_cast<void>(to_text({.id = bad})), std::invalid_argument);
    CHECK_THROWS_AS(static_cast<void>(to_text({.type = bad})), std::invalid_argument);
  }
}

TEST_CASE("Event: a comment is one for each of its lines") {
  CHECK(to_event_comment("still here") == ": still here\n\n");
  CHECK(to_event_comment("a\ndata: b") == ": a\n: data: b\n\n");
}
