#include "http/compressor.h"

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "http/body_compression.h"
#include "support/decompress.h"

using namespace appserver::http;
using namespace appserver::http::testing;
using Flush = Compressor::Flush;

namespace {

constexpr Coding kCodings[] = {Coding::Gzip, Coding::Brotli};

std::string words(std::size_t size) {
  std::string text;
  for (std::uint64_t i = 0; text.size() < size; ++i) {
    text += "item " + std::to_string(i * i) + ", ";
  }
  text.resize(size);
  return text;
}

std::string noise(std::size_t size) {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < size) {
    text.push_back(static_cast<char>(random()));
  }
  return text;
}

void check_whole(const Decompressed& got, const std::string& wanted) {
  CHECK(got.complete);
  const bool is_same = got.content == wanted;
  CHECK(is_same);
}

RequestHead asking(std::string_view accept_encoding) {
  RequestHead head;
  head.fields = {{"Accept-Encoding", accept_encoding}};
  return head;
}

const std::vector<Field> kFields{{"Content-Type", "text/html"}, {"ETag", "\"1\""}};

std::string_view text_of(std::span<const Field> fields, std::string_view name) {
  for (const Field& field : fields) {
    if (field.name == name) {
      return field.value;
    }
  }
  return "none";
}

}  // namespace

TEST_CASE("Compressor: what goes in comes out, one body after the other") {
  for (const Coding coding : kCodings) {
    Compressor compressor(coding, 5);
    CHECK(compressor.coding() == coding);
    for (const std::string& body :
         {std::string(), std::string("x"), words(5000), noise(100'000), words(3'000'000)}) {
      CAPTURE(name_of(coding));
      CAPTURE(body.size());
      std::string out = "before";
      compressor.append(body, out, Flush::Finish);
      CHECK(out.starts_with("before"));
      check_whole(decompress(coding, std::string_view(out).substr(6)), body);
      compressor.reset();
    }
  }
}

TEST_CASE("Compressor: every level makes text smaller, and pieces of any size are fine") {
  const std::string body = words(200'000);
  for (const Coding coding : kCodings) {
    for (int level = 1; level <= 9; ++level) {
      CAPTURE(level);
      Compressor compressor(coding, level);
      std::string out;
      std::size_t piece = 1;
      for (std::size_t at = 0; at < body.size(); piece = piece * 3 % 20'011) {
        compressor.append(std::string_view(body).substr(at, piece), out, Flush::None);
        at += piece;
      }
      compressor.append({}, out, Flush::Finish);
      CHECK(out.size() < body.size() / 2);
      check_whole(decompress(coding, out), body);
    }
  }
}

TEST_CASE("Compressor: after a sync all that went in can be read, also twice in a row") {
  for (const Coding coding : kCodings) {
    Compressor compressor(coding, 5);
    std::string out;
    std::string sent;
    for (int i = 0; i < 50; ++i) {
      const std::string event = "data: " + std::to_string(i) + "\n\n";
      sent += event;
      compressor.append(event, out, Flush::Sync);
      const Decompressed got = decompress(coding, out);
      CHECK(got.content == sent);
      CHECK_FALSE(got.complete);
      compressor.append({}, out, Flush::Sync);
    }
    compressor.append({}, out, Flush::Finish);
    check_whole(decompress(coding, out), sent);
  }
}

TEST_CASE("Compressor: a body that was given up leaves nothing behind") {
  for (const Coding coding : kCodings) {
    Compressor compressor(coding, 5);
    std::string out;
    compressor.append(words(300'000), out, Flush::None);
    compressor.reset();
    out.clear();
    compressor.append("fresh", out, Flush::Finish);
    check_whole(decompress(coding, out), "fresh");
  }
}

TEST_CASE("Compressor: what cannot be made smaller grows by little") {
  const std::string body = noise(1'000'000);
  for (const Coding coding : kCodings) {
    Compressor compressor(coding, 5);
    std::string out;
    compressor.append(body, out, Flush::Finish);
    CHECK(out.size() < body.size() + 1000);
  }
}

TEST_CASE("BodyCompression: a whole body is replaced by a smaller one that says what it is") {
  BodyCompression compression({{Coding::Gzip, Coding::Brotli}, 100, 5});
  const std::string body = words(10'000);
  for (int round = 0; round < 3; ++round) {
    for (const Coding coding : kCodings) {
      const Response sent = compression.whole({200, kFields, body}, asking(name_of(coding)));
      CHECK(sent.status == 200);
      CHECK(sent.body.size() < body.size() / 2);
      check_whole(decompress(coding, sent.body), body);
      CHECK(text_of(sent.fields, "Content-Encoding") == name_of(coding));
      CHECK(text_of(sent.fields, "Vary") == "Accept-Encoding");
      CHECK(text_of(sent.fields, "ETag") == "W/\"1\"");
    }
  }
}

TEST_CASE("BodyCompression: a body that would not shrink is sent as it is") {
  BodyCompression compression({{Coding::Gzip}, 100, 5});
  const std::string body = noise(10'000);
  const Response sent = compression.whole({200, kFields, body}, asking("gzip"));
  CHECK(sent.body.data() == body.data());
  CHECK(text_of(sent.fields, "Content-Encoding") == "none");
  CHECK(text_of(sent.fields, "Vary") == "Accept-Encoding");
  CHECK(text_of(sent.fields, "ETag") == "\"1\"");
}

TEST_CASE("BodyCompression: a response that is not its business is not touched") {
  BodyCompression compression({{Coding::Gzip}, 100, 5});
  const Response small{200, kFields, "small"};
  const Response sent = compression.whole(small, asking("gzip"));
  CHECK(sent.fields.data() == kFields.data());
  CHECK(sent.body.data() == small.body.data());

  const std::vector<Field> image{{"Content-Type", "image/png"}};
  Response head{200, image, {}};
  CHECK(compression.stream(head, asking("gzip")) == nullptr);
  CHECK(head.fields.data() == image.data());
}

TEST_CASE("BodyCompression: streams run side by side, and their compressors are used again") {
  BodyCompression compression({{Coding::Gzip}, 100, 5});
  Response first{200, kFields, {}};
  auto one = compression.stream(first, asking("gzip"));
  REQUIRE(one != nullptr);
  CHECK(text_of(first.fields, "Content-Encoding") == "gzip");
  Response second{200, kFields, {}};
  auto two = compression.stream(second, asking("gzip"));
  REQUIRE(two != nullptr);
  std::string one_out;
  std::string two_out;
  one->append("a", one_out, Flush::Sync);
  two->append("b", two_out, Flush::Finish);
  one->append("c", one_out, Flush::Finish);
  check_whole(gunzip(one_out), "ac");
  check_whole(gunzip(two_out), "b");

  const Compressor* const used = one.get();
  compression.give_back(std::move(one));
  compression.give_back(nullptr);
  Response third{200, kFields, {}};
  auto again = compression.stream(third, asking("gzip"));
  CHECK(again.get() == used);
  std::string out;
  again->append("new", out, Flush::Finish);
  check_whole(gunzip(out), "new");
}

TEST_CASE("BodyCompression: a stream for who wants no coding only says that it varies") {
  BodyCompression compression({{Coding::Gzip}, 100, 5});
  Response head{200, kFields, {}};
  CHECK(compression.stream(head, asking("identity")) == nullptr);
  CHECK(text_of(head.fields, "Vary") == "Accept-Encoding");
  CHECK(text_of(head.fields, "Content-Encoding") == "none");
}
