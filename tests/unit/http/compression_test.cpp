#include "http/compression.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace appserver::http;

namespace {

const std::vector<Coding> kGzipOnly{Coding::Gzip};
const std::vector<Coding> kBoth{Coding::Gzip, Coding::Brotli};
const Field kJson{"Content-Type", "application/json"};

RequestHead asking(std::string_view accept_encoding) {
  RequestHead head;
  head.fields = {{"Accept-Encoding", accept_encoding}};
  return head;
}

std::string_view preferred(std::string_view accept_encoding, const std::vector<Coding>& offered) {
  return name_of(preferred_coding(read_accept_encoding(asking(accept_encoding)), offered));
}

CompressionPlan plan_for(unsigned status, const std::vector<Field>& fields,
                         std::optional<std::uint64_t> size = 5000,
                         std::string_view accept_encoding = "gzip") {
  return plan_compression({kBoth, 1024, 5}, asking(accept_encoding), {status, fields, ""}, size);
}

bool is_left_alone(const CompressionPlan& plan) {
  return plan.coding == Coding::Identity && !plan.varies && !plan.weakens_etag;
}

std::vector<Field> rewritten(const std::vector<Field>& fields, const CompressionPlan& plan,
                             std::string& etag) {
  std::vector<Field> out{{"left", "over"}};
  rewrite_fields(fields, plan, out, etag);
  return out;
}

constexpr CompressionPlan kGzipped{Coding::Gzip, true, true};

}  // namespace

TEST_CASE("preferred_coding: the client's weights decide, then the order of the offer") {
  CHECK(preferred("gzip", kGzipOnly) == "gzip");
  CHECK(preferred("br, gzip", kBoth) == "gzip");
  CHECK(preferred("gzip, br", {Coding::Brotli, Coding::Gzip}) == "br");
  CHECK(preferred("gzip;q=0.8, br;q=0.9", kBoth) == "br");
  CHECK(preferred("br", kBoth) == "br");
  CHECK(preferred("br", kGzipOnly) == "identity");
  CHECK(preferred("deflate, zstd", kBoth) == "identity");
  CHECK(preferred("X-GZip", kGzipOnly) == "gzip");
}

TEST_CASE("preferred_coding: no coding, when the client wants it or names nothing else") {
  CHECK(preferred("", kBoth) == "identity");
  CHECK(preferred("gzip;q=0", kGzipOnly) == "identity");
  CHECK(preferred("gzip;q=0.5, identity", kGzipOnly) == "identity");
  CHECK(preferred("gzip;q=0.5, identity;q=0.5", kGzipOnly) == "gzip");
  CHECK(preferred("identity;q=0", kGzipOnly) == "identity");
  CHECK(preferred("*;q=0", kBoth) == "identity");
  CHECK(preferred("gzip;q=0.001", kGzipOnly) == "gzip");
  CHECK(preferred("gzip", {}) == "identity");
  CHECK(name_of(preferred_coding(read_accept_encoding(RequestHead{}), kBoth)) == "identity");
}

TEST_CASE("preferred_coding: * is each coding that is not named (RFC 9110 section 12.5.3)") {
  CHECK(preferred("*", kBoth) == "gzip");
  CHECK(preferred("gzip;q=0, *", kBoth) == "br");
  CHECK(preferred("gzip;q=0.2, *;q=0.8", kGzipOnly) == "identity");
  CHECK(preferred("identity;q=0, *;q=0.1", kBoth) == "gzip");
}

TEST_CASE("read_codings: gzip and br, in the order given") {
  CHECK(read_codings({"br", "gzip"}).value() == std::vector{Coding::Brotli, Coding::Gzip});
  CHECK(read_codings({}).value().empty());
  CHECK(read_codings({"gzip", "zip"}).error().message.find("\"zip\": use gzip or br") !=
        std::string::npos);
  CHECK_FALSE(read_codings({"identity"}));
  CHECK_FALSE(CompressionPolicy{}.is_on());
}

TEST_CASE("is_compressible: text and its relatives") {
  for (const char* type :
       {"text/html", "text/plain; charset=utf-8", "TEXT/CSS", "text/event-stream",
        "application/json", "Application/JSON;charset=utf-8", "application/problem+json",
        "image/svg+xml", "application/xhtml+xml ; x=y", "application/javascript",
        "application/wasm", "font/ttf", "application/vnd.api+json"}) {
    CAPTURE(type);
    CHECK(is_compressible(type));
  }
  for (const char* type :
       {"", "text", "image/png", "image/jpeg", "video/mp4", "application/zip", "font/woff2",
        "application/octet-stream", "application/pdf", "multipart/form-data", "x/json", "+jsonx",
        "audio/json", "; text/html", "xtext/html"}) {
    CAPTURE(type);
    CHECK_FALSE(is_compressible(type));
  }
}

TEST_CASE("plan_compression: a large text is compressed for who wants it") {
  const CompressionPlan wanted = plan_for(200, {kJson});
  CHECK(wanted.coding == Coding::Gzip);
  CHECK(wanted.varies);
  CHECK(wanted.weakens_etag);
  // Not wanted now, but a cache must know that it would be by others.
  const CompressionPlan not_wanted = plan_for(200, {kJson}, 5000, "");
  CHECK(not_wanted.coding == Coding::Identity);
  CHECK(not_wanted.varies);
  CHECK_FALSE(not_wanted.weakens_etag);
}

TEST_CASE("plan_compression: the size limit is exact, an unknown size is large") {
  CHECK(is_left_alone(plan_for(200, {kJson}, 1023)));
  CHECK(plan_for(200, {kJson}, 1024).coding == Coding::Gzip);
  CHECK(plan_for(200, {kJson}, std::nullopt).coding == Coding::Gzip);
  const CompressionPolicy everything{kBoth, 0, 5};
  const std::vector<Field> fields{kJson};
  CHECK(is_left_alone(plan_compression(everything, asking("gzip"), {200, fields, ""}, 0)));
  CHECK(plan_compression(everything, asking("gzip"), {200, fields, ""}, 1).varies);
}

TEST_CASE("plan_compression: what must not or need not be changed is left alone") {
  CHECK(is_left_alone(plan_compression({}, asking("gzip"), {200, {&kJson, 1}, ""}, 5000)));
  for (const unsigned status : {204U, 205U, 206U}) {
    CHECK(is_left_alone(plan_for(status, {kJson})));
  }
  CHECK(is_left_alone(plan_for(200, {})));
  CHECK(is_left_alone(plan_for(200, {{"Content-Type", "image/png"}})));
  for (const Field& field :
       {Field{"content-ENCODING", "br"}, Field{"Content-Range", "bytes 0-1/2"},
        Field{"Cache-Control", "max-age=1, No-Transform"}, Field{"Content-Digest", "x"},
        Field{"Repr-Digest", "x"}, Field{"Digest", "x"}, Field{"Content-MD5", "x"}}) {
    CAPTURE(field.name);
    CHECK(is_left_alone(plan_for(200, {kJson, field})));
    CHECK(is_left_alone(plan_for(304, {field})));
  }
  CHECK(plan_for(200, {kJson, {"Cache-Control", "max-age=1"}}).coding == Coding::Gzip);
  CHECK(plan_for(404, {kJson}).coding == Coding::Gzip);
}

TEST_CASE("plan_compression: a 304 names the response that was sent before (9110, 15.4.5)") {
  const CompressionPlan wanted = plan_for(304, {{"ETag", "\"x\""}}, 0);
  CHECK(wanted.coding == Coding::Identity);
  CHECK(wanted.varies);
  CHECK(wanted.weakens_etag);
  CHECK_FALSE(plan_for(304, {{"ETag", "\"x\""}}, 0, "").weakens_etag);
}

TEST_CASE("rewrite_fields: coding, Vary and a weak ETag; lengths and ranges go") {
  std::string etag;
  CHECK(rewritten({kJson,
                   {"ETag", "\"x\""},
                   {"content-length", "5"},
                   {"Accept-Ranges", "bytes"},
                   {"X", "y"}},
                  kGzipped, etag) == std::vector<Field>{kJson,
                                                        {"ETag", "W/\"x\""},
                                                        {"X", "y"},
                                                        {"Content-Encoding", "gzip"},
                                                        {"Vary", "Accept-Encoding"}});
  CHECK(rewritten({}, {Coding::Brotli, true, true}, etag) ==
        std::vector<Field>{{"Content-Encoding", "br"}, {"Vary", "Accept-Encoding"}});
}

TEST_CASE("rewrite_fields: without a coding only Vary is added") {
  std::string etag;
  CHECK(rewritten({{"ETag", "\"x\""}, {"Content-Length", "5"}}, {Coding::Identity, true, false},
                  etag) == std::vector<Field>{{"ETag", "\"x\""},
                                              {"Content-Length", "5"},
                                              {"Vary", "Accept-Encoding"}});
  CHECK(rewritten({{"ETag", "\"x\""}}, {Coding::Identity, true, true}, etag) ==
        std::vector<Field>{{"ETag", "W/\"x\""}, {"Vary", "Accept-Encoding"}});
  CHECK(rewritten({{"ETag", "\"x\""}}, {}, etag) == std::vector<Field>{{"ETag", "\"x\""}});
}

TEST_CASE("rewrite_fields: Vary is not said twice (RFC 9110 section 12.5.5)") {
  std::string etag;
  for (const char* vary : {"Accept-Encoding", "Cookie, accept-encoding", "*"}) {
    CHECK(rewritten({{"vary", vary}}, kGzipped, etag) ==
          std::vector<Field>{{"vary", vary}, {"Content-Encoding", "gzip"}});
  }
  CHECK(rewritten({{"Vary", "Cookie"}}, kGzipped, etag) ==
        std::vector<Field>{
            {"Vary", "Cookie"}, {"Content-Encoding", "gzip"}, {"Vary", "Accept-Encoding"}});
}

TEST_CASE("rewrite_fields: of two ETags, which no honest app gives, each keeps its own text") {
  std::string etag;
  const auto out =
      rewritten({{"ETag", "\"first\""}, {"ETag", "\"second, longer than it\""}}, kGzipped, etag);
  CHECK(out[0] == Field{"ETag", "W/\"first\""});
  CHECK(out[1] == Field{"ETag", "\"second, longer than it\""});
}

TEST_CASE("rewrite_fields: an ETag that is weak or none stays as it is") {
  std::string etag;
  for (const char* value : {"W/\"x\"", "x", ""}) {
    CHECK(rewritten({{"ETag", value}}, kGzipped, etag)[0] == Field{"ETag", value});
  }
}
