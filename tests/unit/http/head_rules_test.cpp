#include "http/head_rules.h"

#include <optional>
#include <string_view>

#include <doctest/doctest.h>

using namespace appserver::http;

// The parser library refuses some of these heads itself. The rules must hold without it, because a
// later version of the library may be more lenient.

namespace {

// The rules after an HTTP/1.1 request line and a Host field.
struct Started {
  Limits limits;
  RequestHead head;
  HeadRules rules{limits, head};

  Started() {
    REQUIRE(rules.request_line("POST", "/", 1) == kAccepted);
    REQUIRE(rules.field(FieldRole::Host, "Host", "a") == kAccepted);
  }
};

unsigned status_of(Verdict verdict) {
  return verdict == kAccepted ? 200 : verdict->status;
}

}  // namespace

TEST_CASE("HeadRules: a length and a coding exclude each other, whatever the coding is") {
  for (const std::string_view coding : {"chunked", "gzip, chunked", "gzip", ""}) {
    INFO(coding);
    Started started;
    CHECK(started.rules.field(FieldRole::ContentLength, "Content-Length", "5") == kAccepted);
    CHECK(started.rules.field(FieldRole::TransferEncoding, "Transfer-Encoding", coding) ==
          kAccepted);
    CHECK(status_of(started.rules.finish(5)) == 400);
  }
}

TEST_CASE("HeadRules: a second Content-Length is refused even if it is equal") {
  Started started;
  CHECK(started.rules.field(FieldRole::ContentLength, "Content-Length", "5") == kAccepted);
  CHECK(status_of(started.rules.field(FieldRole::ContentLength, "Content-Length", "5")) == 400);
}

TEST_CASE("HeadRules: a Content-Length of anything but digits is refused") {
  for (const std::string_view value : {"", "+5", "5,5", "0x5", "5 ", "\xb2"}) {
    INFO(value);
    Started started;
    CHECK(status_of(started.rules.field(FieldRole::ContentLength, "Content-Length", value)) == 400);
  }
}

TEST_CASE("HeadRules: two Transfer-Encoding fields are refused, also if both say chunked") {
  Started started;
  for (int i = 0; i < 2; ++i) {
    CHECK(started.rules.field(FieldRole::TransferEncoding, "Transfer-Encoding", "chunked") ==
          kAccepted);
  }
  CHECK(status_of(started.rules.finish(std::nullopt)) == 400);
}

TEST_CASE("HeadRules: an accepted head says how long its body is") {
  Started fixed;
  CHECK(fixed.rules.field(FieldRole::ContentLength, "Content-Length", "5") == kAccepted);
  CHECK(fixed.rules.finish(5) == kAccepted);
  CHECK(fixed.head.content_length == 5);
  CHECK_FALSE(fixed.head.chunked);

  Started coded;
  CHECK(coded.rules.field(FieldRole::TransferEncoding, "Transfer-Encoding", "Chunked") ==
        kAccepted);
  CHECK(coded.rules.finish(std::nullopt) == kAccepted);
  CHECK_FALSE(coded.head.content_length.has_value());
  CHECK(coded.head.chunked);
}

TEST_CASE("HeadRules: a refused request line leaves method and target empty for the log") {
  const Limits limits;
  RequestHead head;
  HeadRules rules(limits, head);
  CHECK(status_of(rules.request_line("GET", "no-slash", 1)) == 400);
  CHECK(head.method.empty());
  CHECK(head.target.empty());
}
