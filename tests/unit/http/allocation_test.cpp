#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "http/body_compression.h"
#include "http/response_writer.h"
#include "request_rows.h"

using namespace appserver::http;
using namespace appserver::http::testing;

namespace {

// The one place where a global is the subject of the test: the program's operator new.
std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* const block = std::malloc(size == 0 ? 1 : size)) {
    return block;
  }
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept {
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept {
  std::free(block);
}

namespace {

// Parses `raw` and answers it, as a worker does for each request.
void serve(RequestParser& parser, std::string& out, const std::string& raw) {
  const Field fields[] = {{"Content-Type", "text/plain"}};
  REQUIRE(parser.feed(raw).progress == RequestParser::Progress::Complete);
  const Response response{200, fields, "Hello, World!"};
  REQUIRE(validate(response).has_value());
  append_response(out, response, {}, "Sun, 06 Nov 1994 08:49:37 GMT");
  out.clear();
  parser.reset();
}

std::size_t allocations_of_serving(const std::string& raw) {
  const Limits limits;
  RequestParser parser(limits);
  std::string out;
  serve(parser, out, raw);
  const std::size_t before = allocations;
  for (int i = 0; i < 100; ++i) {
    serve(parser, out, raw);
  }
  return allocations - before;
}

}  // namespace

TEST_CASE("RequestParser, append_response: a warm exchange allocates nothing") {
  const std::size_t before = allocations;
  CHECK(std::string(100, 'x').size() == 100);
  CHECK(allocations > before);  // The counter counts.

  CHECK(allocations_of_serving(get_with("User-Agent: wrk\r\nAccept: */*\r\n")) == 0);
  CHECK(allocations_of_serving(post_with("Content-Length: 2\r\n", "ab")) == 0);
  CHECK(allocations_of_serving(chunked("3\r\nabc\r\n0\r\nX: y\r\n\r\n")) == 0);
}

TEST_CASE("RequestParser: the storage of a large body is given back, that of a small one kept") {
  const std::string small = chunked("400\r\n" + std::string(1024, 'x') + "\r\n0\r\n\r\n");
  CHECK(allocations_of_serving(small) == 0);
  const std::string large = chunked("20000\r\n" + std::string(0x20000, 'x') + "\r\n0\r\n\r\n");
  CHECK(allocations_of_serving(large) >= 100);
}

TEST_CASE("BodyCompression: a warm response is compressed without an allocation") {
  RequestHead request;
  request.fields = {{"Accept-Encoding", "gzip;q=0.5, br"}};
  const std::vector<Field> fields{{"Content-Type", "text/plain"}, {"ETag", "\"1\""}};
  const std::string body(20'000, 'x');
  for (const Coding coding : {Coding::Gzip, Coding::Brotli}) {
    BodyCompression compression({{coding}, 1024, 5});
    const auto compress = [&] {
      CHECK(compression.whole({200, fields, body}, request).body.size() < 1000);
    };
    compress();
    compress();
    const std::size_t before = allocations;
    compress();
    CHECK(allocations == before);
  }
}
