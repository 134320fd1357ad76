#include "observe/record.h"

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <doctest/doctest.h>

using appserver::observe::Field;
using appserver::observe::Identity;
using appserver::observe::json_payload;
using appserver::observe::Lines;
using appserver::observe::text_payload;

namespace {

const Identity kMaster{"master"};
const Identity kWorker{"worker", 3, 2};

std::string text(std::string_view message, std::initializer_list<Field> fields = {},
                 const Identity& identity = kMaster) {
  return text_payload(identity, message, {fields.begin(), fields.size()});
}

std::string json(std::string_view message, std::initializer_list<Field> fields = {},
                 const Identity& identity = kMaster) {
  return json_payload(identity, message, {fields.begin(), fields.size()});
}

boost::json::object parsed(const std::string& members) {
  return boost::json::parse("{" + members + "}").as_object();
}

}  // namespace

TEST_CASE("record: text begins with the role, the slot and the generation") {
  CHECK(text("ready") == "master: ready");
  CHECK(text("ready", {}, {"zygote", std::nullopt, 2}) == "zygote gen 2: ready");
  CHECK(text("ready", {}, kWorker) == "worker 3 gen 2: ready");
  CHECK(text("ready", {}, {"worker", 0, 1}) == "worker 0 gen 1: ready");
}

TEST_CASE("record: fields of every type become key=value") {
  CHECK(text("m", {{"text", "word"}, {"string", std::string("s")}, {"int", -5}, {"yes", true}}) ==
        "master: m text=word string=s int=-5 yes=true");
  CHECK(text("m",
             {{"size", std::size_t{7}}, {"u8", std::uint8_t{65}}, {"half", 0.5}, {"no", false}}) ==
        "master: m size=7 u8=65 half=0.5 no=false");
  CHECK(text("m", {{"min", std::numeric_limits<std::int64_t>::min()}}) ==
        "master: m min=-9223372036854775808");
}

TEST_CASE("record: an unsigned value beyond the signed range becomes the largest value") {
  CHECK(text("m", {{"n", std::numeric_limits<std::uint64_t>::max()}}) ==
        "master: m n=9223372036854775807");
}

TEST_CASE("record: values that could be misread are quoted") {
  CHECK(text("m", {{"k", ""}}) == "master: m k=\"\"");
  CHECK(text("m", {{"k", "two words"}}) == "master: m k=\"two words\"");
  CHECK(text("m", {{"k", "a=b"}}) == "master: m k=\"a=b\"");
  CHECK(text("m", {{"k", "say \"x\""}}) == "master: m k=\"say \\\"x\\\"\"");
  CHECK(text("m", {{"k", "a\\b"}}) == "master: m k=\"a\\\\b\"");
  CHECK(text("m", {{"k", "/path/app.so"}}) == "master: m k=/path/app.so");
  CHECK(text("m", {{"k", "Gr\u00fc\u00dfe"}}) == "master: m k=Gr\u00fc\u00dfe");
}

TEST_CASE("record: nothing that a client or an app says starts a new line of text") {
  const std::string forged = "x\n2026-11-25 10:00:00.123 +0000 [1] info  master: all is well";
  const std::string record = text(forged, {{"k", forged}}, {forged});
  CHECK(record.find('\n') == std::string::npos);
  CHECK(record.find("k=\"x\\n2026") != std::string::npos);
  CHECK(text("a \"quoted\" name\x7f\xff") == "master: a \"quoted\" name\\x7F\\xFF");
}

TEST_CASE("record: JSON members carry message, identity and fields in this order") {
  CHECK(json("ready", {{"pid", 12}}, kWorker) ==
        R"("message":"ready","appserver.role":"worker","appserver.slot":3,)"
        R"("appserver.generation":2,"appserver.pid":12)");
  CHECK(json("ready") == R"("message":"ready","appserver.role":"master")");
}

TEST_CASE("record: JSON keeps the types of fields") {
  const auto record = parsed(json("m", {{"text", "1"}, {"int", -5}, {"half", 0.5}, {"no", false}}));
  CHECK(record.at("appserver.text").as_string() == "1");
  CHECK(record.at("appserver.int").as_int64() == -5);
  CHECK(record.at("appserver.half").as_double() == 0.5);
  CHECK(record.at("appserver.no").as_bool() == false);
}

TEST_CASE("record: JSON is valid whatever the bytes are") {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) {
    bytes += static_cast<char>(byte);
  }
  const std::string members = json(bytes, {{bytes, bytes}}, {bytes});
  for (const char c : members) {
    CHECK(c >= 0x20);  // No control byte, and as all of these bytes are ill-formed, only ASCII.
    CHECK(c != 0x7F);
  }
  const auto record = parsed(members);
  const std::string_view message = record.at("message").as_string();
  CHECK(message.substr(0, 3) == std::string_view("\0\1\2", 3));
  CHECK(message.find("~\\x7F\\x80\\x81") != std::string_view::npos);
  CHECK(message.ends_with("\\xFE\\xFF"));
}

TEST_CASE("record: JSON leaves well-formed UTF-8 as it is") {
  CHECK(parsed(json("\u20ac \U0001F600 \"\\")).at("message").as_string() ==
        "\u20ac \U0001F600 \"\\");
}

TEST_CASE("record: numbers that JSON does not know become text") {
  const double infinity = std::numeric_limits<double>::infinity();
  const auto record = parsed(json(
      "m",
      {{"nan", std::numeric_limits<double>::quiet_NaN()}, {"inf", infinity}, {"neg", -infinity}}));
  CHECK(record.at("appserver.nan").as_string() == "nan");
  CHECK(record.at("appserver.inf").as_string() == "inf");
  CHECK(record.at("appserver.neg").as_string() == "-inf");
}

TEST_CASE("record: a field cannot pass for the identity in JSON") {
  const auto record = parsed(json("m", {{"role", "master"}, {"slot", 0}}, kWorker));
  CHECK(record.at("appserver.role").as_string() == "worker");
  CHECK(record.at("appserver.slot").as_int64() == 3);
}

TEST_CASE("record: lines stand below a text record, escaped and indented, and cannot forge one") {
  const std::vector<std::string> lines{"#0 crash()", "#1 \n2026-01-01 [1] info  master: forged"};
  CHECK(text("m", {{"error.stack_trace", Lines{lines}}, {"k", 1}}) ==
        "master: m k=1\n    #0 crash()\n    #1 \\n2026-01-01 [1] info  master: forged");
}

TEST_CASE("record: lines are one text in JSON, below a name of ECS") {
  const std::vector<std::string> lines{"#0 crash()", "#1 \x01"};
  const auto record = parsed(json("m", {{"error.stack_trace", Lines{lines}}}));
  CHECK(record.at("error.stack_trace").as_string() == "#0 crash()\n#1 \x01");
}
