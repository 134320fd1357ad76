#include "http/conditional.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace appserver::http;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

// Sun, 06 Nov 1994 08:49:37 GMT
constexpr sys_seconds kModified{seconds(784111777)};
constexpr sys_seconds kNow = kModified + std::chrono::hours(1);
constexpr std::string_view kSame = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr std::string_view kBefore = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr std::string_view kAfter = "Sun, 06 Nov 1994 08:49:38 GMT";

const Validators kBoth{"\"v1\"", kModified};
const Validators kWeak{"W/\"v1\"", kModified};
const Validators kOnlyDate{{}, kModified};
const Validators kOnlyTag{"\"v1\"", {}};

RequestHead request(std::string_view method, std::vector<Field> fields) {
  RequestHead head;
  head.method = method;
  head.fields = std::move(fields);
  return head;
}

// "proceed", "304" or "412", and the Range that may be used behind it.
std::string outcome(const RequestHead& head, const Validators& validators, sys_seconds now = kNow) {
  const Conditions conditions = read_conditions(head, validators, now);
  std::string text = "proceed";
  if (conditions.precondition != Precondition::Proceed) {
    text = conditions.precondition == Precondition::NotModified ? "304" : "412";
  }
  return conditions.range.empty() ? text : text + " " + std::string(conditions.range);
}

struct Row {
  std::string intent;  // With the section of RFC 9110.
  std::string method;
  std::vector<Field> fields;
  std::string expected;
};

void check(const std::vector<Row>& rows, const Validators& validators) {
  for (const Row& row : rows) {
    CAPTURE(row.intent);
    CHECK(outcome(request(row.method, row.fields), validators) == row.expected);
  }
}

}  // namespace

TEST_CASE("read_conditions: If-Match wants the very same version (RFC 9110 section 13.1.1)") {
  check({{"13.1.1 no condition", "PUT", {}, "proceed"},
         {"13.1.1 the tag", "PUT", {{"If-Match", "\"v1\""}}, "proceed"},
         {"5.1 names in any case", "PUT", {{"if-MATCH", "\"v2\""}}, "412"},
         {"13.1.1 another tag", "PUT", {{"If-Match", "\"v2\""}}, "412"},
         {"13.1.1 also for GET", "GET", {{"If-Match", "\"v2\""}}, "412"},
         {"13.1.1 any version", "PUT", {{"If-Match", "*"}}, "proceed"},
         {"13.1.1 one of a list", "PUT", {{"If-Match", "\"a\" , \"v1\",\"b\""}}, "proceed"},
         {"5.3 one of several lines",
          "PUT",
          {{"If-Match", "\"a\""}, {"If-Match", "\"v1\""}},
          "proceed"},
         {"5.6.1.2 empty members", "PUT", {{"If-Match", ", ,\"v1\","}}, "proceed"},
         {"8.8.3.2 a weak tag never matches strongly", "PUT", {{"If-Match", "W/\"v1\""}}, "412"},
         {"8.8.3 tags are case-sensitive", "PUT", {{"If-Match", "\"V1\""}}, "412"},
         {"13.1.1 an empty list has nothing", "PUT", {{"If-Match", ""}}, "412"},
         {"8.8.3 quotes belong to it", "PUT", {{"If-Match", "v1"}}, "412"},
         {"13.1.1 a star in a list is a fault", "PUT", {{"If-Match", "*, \"v1\""}}, "412"},
         {"13.1.1 a list with a fault", "PUT", {{"If-Match", "\"v1\", v2"}}, "412"},
         {"13.1.1 members without a comma", "PUT", {{"If-Match", "\"v1\" \"v2\""}}, "412"},
         {"13.1.1 an open quote", "PUT", {{"If-Match", "\"v1\", \"v2"}}, "412"}},
        kBoth);
  check({{"8.8.3.2 our own weak tag", "PUT", {{"If-Match", "\"v1\""}}, "412"},
         {"8.8.3.2 both weak", "PUT", {{"If-Match", "W/\"v1\""}}, "412"}},
        kWeak);
  check({{"13.1.1 without a tag", "PUT", {{"If-Match", "\"v1\""}}, "412"},
         {"13.1.1 any version", "PUT", {{"If-Match", "*"}}, "proceed"},
         {"13.1.1 an empty tag is a tag", "PUT", {{"If-Match", "\"\""}}, "412"}},
        kOnlyDate);
  check({{"8.8.3 a comma inside a tag", "PUT", {{"If-Match", "\"a\", \"x,y\""}}, "proceed"},
         {"8.8.3 only a part of it", "PUT", {{"If-Match", "\"x\", \"y\""}}, "412"}},
        {"\"x,y\"", {}});
}

TEST_CASE("read_conditions: If-None-Match compares weakly (RFC 9110 section 13.1.2)") {
  check({{"13.1.2 the tag", "GET", {{"If-None-Match", "\"v1\""}}, "304"},
         {"13.1.2 HEAD", "HEAD", {{"If-None-Match", "\"v1\""}}, "304"},
         {"13.1.2 another method", "PUT", {{"If-None-Match", "\"v1\""}}, "412"},
         {"13.1.2 methods are case-sensitive", "get", {{"If-None-Match", "\"v1\""}}, "412"},
         {"8.8.3.2 a weak tag", "GET", {{"If-None-Match", "W/\"v1\""}}, "304"},
         {"8.8.3 W is case-sensitive", "GET", {{"If-None-Match", "w/\"v1\""}}, "proceed"},
         {"13.1.2 another tag", "GET", {{"If-None-Match", "\"v2\""}}, "proceed"},
         {"13.1.2 one of a list", "GET", {{"If-None-Match", "\"a\",W/\"v1\""}}, "304"},
         {"13.1.2 any version", "GET", {{"If-None-Match", "*"}}, "304"},
         {"13.1.2 only to create", "PUT", {{"If-None-Match", "*"}}, "412"},
         {"13.1.2 a list with a fault", "GET", {{"If-None-Match", "\"v1\", \"a b\""}}, "proceed"},
         {"13.1.2 a tag without quotes", "GET", {{"If-None-Match", "v1"}}, "proceed"}},
        kBoth);
  check({{"8.8.3.2 our own weak tag", "GET", {{"If-None-Match", "\"v1\""}}, "304"}}, kWeak);
  check({{"13.1.2 without a tag", "GET", {{"If-None-Match", "\"v1\""}}, "proceed"}}, kOnlyDate);
}

TEST_CASE("read_conditions: If-Modified-Since (RFC 9110 section 13.1.3)") {
  check({{"13.1.3 the same second", "GET", {{"If-Modified-Since", kSame}}, "304"},
         {"13.1.3 HEAD", "HEAD", {{"If-Modified-Since", kSame}}, "304"},
         {"13.1.3 a later one", "GET", {{"If-Modified-Since", kAfter}}, "304"},
         {"13.1.3 an earlier one", "GET", {{"If-Modified-Since", kBefore}}, "proceed"},
         {"13.1.3 another method", "POST", {{"If-Modified-Since", kSame}}, "proceed"},
         {"13.1.3 no date", "GET", {{"If-Modified-Since", "yesterday"}}, "proceed"},
         {"5.6.7 the date of RFC 850",
          "GET",
          {{"If-Modified-Since", "Sunday, 06-Nov-94 08:49:37 GMT"}},
          "304"},
         {"13.1.3 more than one member",
          "GET",
          {{"If-Modified-Since", kSame}, {"If-Modified-Since", kSame}},
          "proceed"},
         {"13.1.3 does not count beside If-None-Match",
          "GET",
          {{"If-Modified-Since", kSame}, {"If-None-Match", "\"v2\""}},
          "proceed"},
         {"13.1.3 nor when both hold",
          "GET",
          {{"If-Modified-Since", kBefore}, {"If-None-Match", "\"v1\""}},
          "304"}},
        kBoth);
  check({{"13.1.3 without a date", "GET", {{"If-Modified-Since", kSame}}, "proceed"}}, kOnlyTag);
}

TEST_CASE("read_conditions: If-Unmodified-Since (RFC 9110 section 13.1.4)") {
  check({{"13.1.4 the same second", "PUT", {{"If-Unmodified-Since", kSame}}, "proceed"},
         {"13.1.4 a later one", "PUT", {{"If-Unmodified-Since", kAfter}}, "proceed"},
         {"13.1.4 an earlier one", "PUT", {{"If-Unmodified-Since", kBefore}}, "412"},
         {"13.1.4 also for GET", "GET", {{"If-Unmodified-Since", kBefore}}, "412"},
         {"13.1.4 no date", "PUT", {{"If-Unmodified-Since", "0"}}, "proceed"},
         {"13.1.4 more than one member",
          "PUT",
          {{"If-Unmodified-Since", kBefore}, {"If-Unmodified-Since", kBefore}},
          "proceed"},
         {"13.1.4 does not count beside If-Match",
          "PUT",
          {{"If-Unmodified-Since", kBefore}, {"If-Match", "\"v1\""}},
          "proceed"}},
        kBoth);
  check({{"13.1.4 without a date", "PUT", {{"If-Unmodified-Since", kBefore}}, "proceed"}},
        kOnlyTag);
}

TEST_CASE("read_conditions: the order of evaluation (RFC 9110 section 13.2.2)") {
  check({{"1 goes before 3", "GET", {{"If-None-Match", "\"v1\""}, {"If-Match", "\"v2\""}}, "412"},
         {"1 leads to 3", "GET", {{"If-None-Match", "\"v1\""}, {"If-Match", "\"v1\""}}, "304"},
         {"2 goes before 3",
          "GET",
          {{"If-None-Match", "\"v1\""}, {"If-Unmodified-Since", kBefore}},
          "412"},
         {"2 leads to 4",
          "GET",
          {{"If-Modified-Since", kSame}, {"If-Unmodified-Since", kSame}},
          "304"},
         {"3 goes before 5",
          "GET",
          {{"Range", "bytes=0-1"}, {"If-Range", "\"v2\""}, {"If-None-Match", "\"v1\""}},
          "304"},
         {"1 leads to 5",
          "GET",
          {{"Range", "bytes=0-1"}, {"If-Match", "\"v1\""}},
          "proceed bytes=0-1"}},
        kBoth);
}

TEST_CASE("read_conditions: a Range counts for GET, once (RFC 9110 section 14.2)") {
  check({{"14.2 a Range", "GET", {{"Range", "bytes=0-1"}}, "proceed bytes=0-1"},
         {"14.2 HEAD has none", "HEAD", {{"Range", "bytes=0-1"}}, "proceed"},
         {"14.2 POST has none", "POST", {{"Range", "bytes=0-1"}}, "proceed"},
         {"5.3 two lines", "GET", {{"Range", "bytes=0-1"}, {"Range", "bytes=2-3"}}, "proceed"}},
        kBoth);
}

TEST_CASE("read_conditions: If-Range wants the very same version (RFC 9110 section 13.1.5)") {
  const auto with = [](std::string_view if_range) {
    return request("GET", {{"Range", "bytes=0-1"}, {"If-Range", if_range}});
  };
  const std::string used = "proceed bytes=0-1";
  CHECK(outcome(with("\"v1\""), kBoth) == used);
  CHECK(outcome(with("\"v2\""), kBoth) == "proceed");
  CHECK(outcome(with("W/\"v1\""), kBoth) == "proceed");
  CHECK(outcome(with("\"v1\""), kWeak) == "proceed");
  CHECK(outcome(with("W/\"v1\""), kWeak) == "proceed");
  CHECK(outcome(with("\"v1\""), kOnlyDate) == "proceed");
  CHECK(outcome(with("\"v1\", \"v2\""), kBoth) == "proceed");  // No list.
  CHECK(outcome(with("*"), kBoth) == "proceed");
  CHECK(outcome(with(""), kBoth) == "proceed");
  CHECK(outcome(with(kSame), kBoth) == used);
  CHECK(outcome(with(kAfter), kBoth) == "proceed");  // Exactly the same, not at least.
  CHECK(outcome(with(kBefore), kBoth) == "proceed");
  CHECK(outcome(with(kSame), kOnlyTag) == "proceed");
  CHECK(outcome(request("GET",
                        {{"Range", "bytes=0-1"}, {"If-Range", "\"v1\""}, {"If-Range", "\"v1\""}}),
                kBoth) == "proceed");
  CHECK(outcome(request("GET", {{"If-Range", "\"v2\""}}), kBoth) == "proceed");
}

TEST_CASE("read_conditions: a date is no strong validator within its own second (8.8.2.2)") {
  const auto head = request("GET", {{"Range", "bytes=0-1"}, {"If-Range", kSame}});
  CHECK(outcome(head, kBoth, kModified) == "proceed");
  CHECK(outcome(head, kBoth, kModified + seconds(1)) == "proceed bytes=0-1");
}

TEST_CASE("is_entity_tag: quotes around visible bytes, perhaps weak (RFC 9110 section 8.8.3)") {
  for (const std::string_view tag : {"\"\"", "\"a\"", "W/\"a\"", "\"!#\\,~\"", "\"\xc3\xa4\""}) {
    CAPTURE(tag);
    CHECK(is_entity_tag(tag));
  }
  for (const std::string_view text :
       {"", "a", "\"", "\"a", "a\"", "W/", "W/a", "w/\"a\"", "\"a\"b", "\"a b\"", "\"a\x7f\"",
        "\"a\r\nb\"", " \"a\"", "\"a\" ", "\"a\",\"b\"", "*"}) {
    CAPTURE(text);
    CHECK_FALSE(is_entity_tag(text));
  }
}
