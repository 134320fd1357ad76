// Several requests on one connection: order, what ends it, and what is never taken as a request.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fixtures/http/row.h"
#include "support/witness_server.h"

using namespace appserver::test;
using namespace appserver::http::testing;

namespace {

void check_all(const std::vector<Conversation>& conversations) {
  WitnessServer server;
  for (const Conversation& each : conversations) {
    server.check(each, Cut::OneWrite);
    server.check(each, Cut::ByteByByte);
  }
}

std::string get(const std::string& path, const std::string& lines = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
}

const std::string kPost = post_with("Content-Length: 2\r\n", "ab");
const std::string kPosted = "POST / 1.1 keep body=ab";
const std::string kChunked = chunked("2\r\nab\r\n0\r\n\r\n");

}  // namespace

TEST_CASE("conformance: pipelined requests are answered in their order") {
  check_all({
      {"two", "9112 9.3.2", get("/1") + get("/2"), {"GET /1 1.1 keep", "GET /2 1.1 keep"}},
      {"a body between them",
       "9112 9.3.2",
       get("/1") + kPost + get("/3"),
       {"GET /1 1.1 keep", kPosted, "GET /3 1.1 keep"}},
      {"chunks between them",
       "9112 9.3.2",
       get("/1") + kChunked + get("/3"),
       {"GET /1 1.1 keep", kPosted, "GET /3 1.1 keep"}},
      {"an empty line between them",
       "9112 2.2",
       kPost + "\r\n" + get("/2"),
       {kPosted, "GET /2 1.1 keep"}},
      {"trailers between them",
       "9112 7.1.2",
       chunked("2\r\nab\r\n0\r\nX: y\r\n\r\n") + get("/2"),
       {kPosted, "GET /2 1.1 keep"}},
      {"half of another one", "9112 9.3.2", get("/1") + "GET /2 HT", {"GET /1 1.1 keep", "more"}},
      {"half of a body",
       "9112 8",
       get("/1") + post_with("Content-Length: 3\r\n", "ab"),
       {"GET /1 1.1 keep", "more"}},
      {"methods that promise nothing",
       "9112 9.3.2",
       "DELETE /1 HTTP/1.1\r\nHost: a\r\n\r\nBREW /2 HTTP/1.1\r\nHost: a\r\n\r\n",
       {"DELETE /1 1.1 keep", "BREW /2 1.1 keep"}},
      {"the server as a whole, then a path",
       "9110 9.3.7",
       "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n" + get("/2"),
       {"OPTIONS * 1.1 keep", "GET /2 1.1 keep"}},
      {"HTTP/1.0 in between",
       "9112 9.3",
       get("/1") + "GET /2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + get("/3"),
       {"GET /1 1.1 keep", "GET /2 1.0 keep", "GET /3 1.1 keep"}},
  });
}

TEST_CASE("conformance: many pipelined requests are answered in their order") {
  Conversation many{"200 of them", "9112 9.3.2", "", {}};
  for (int i = 0; i < 200; ++i) {
    many.bytes += get("/" + std::to_string(i));
    many.outcomes.push_back("GET /" + std::to_string(i) + " 1.1 keep");
  }
  check_all({many});
}

TEST_CASE("conformance: close in any form ends the connection after that response") {
  const std::string kClosed = "GET /2 1.1 close";
  check_all({
      {"as written",
       "9112 9.6",
       get("/1") + get("/2", "Connection: close\r\n"),
       {"GET /1 1.1 keep", kClosed}},
      {"in other case", "9110 7.6.1", get("/2", "cOnNeCtIoN: ClOsE\r\n"), {kClosed}},
      {"first of a list", "9110 7.6.1", get("/2", "Connection: close, TE\r\n"), {kClosed}},
      {"last of a list", "9110 7.6.1", get("/2", "Connection: TE ,\tclose\r\n"), {kClosed}},
      {"between empty members", "9110 5.6.1", get("/2", "Connection: ,,close,,\r\n"), {kClosed}},
      {"on a second line",
       "9110 5.3",
       get("/2", "Connection: TE\r\nConnection: close\r\n"),
       {kClosed}},
      {"in spite of keep-alive",
       "9112 9.3",
       get("/2", "Connection: keep-alive, close\r\n"),
       {kClosed}},
      {"with a body",
       "9112 9.6",
       post_with("Connection: close\r\nContent-Length: 2\r\n", "ab"),
       {"POST / 1.1 close body=ab"}},
      {"with chunks",
       "9112 9.6",
       post_with("Connection: close\r\nTransfer-Encoding: chunked\r\n", "2\r\nab\r\n0\r\n\r\n"),
       {"POST / 1.1 close body=ab"}},
      {"an old client says nothing", "9112 9.3", "GET /2 HTTP/1.0\r\n\r\n", {"GET /2 1.0 close"}},
      {"an old client that can do better, then closes",
       "9112 9.3",
       "GET /1 HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n",
       {"GET /1 1.0 keep", "GET /2 1.0 close"}},
      {"not in a trailer",
       "9110 6.5.1",
       chunked("2\r\nab\r\n0\r\nConnection: close\r\n\r\n"),
       {kPosted}},
  });
}

TEST_CASE("conformance: after a framing error nothing is taken as a request") {
  const std::string smuggled = get("/smuggled");
  check_all({
      {"good ones before are answered",
       "9112 9.3.2",
       get("/1") + get("/2") + "bad\r\n\r\n",
       {"GET /1 1.1 keep", "GET /2 1.1 keep", "400"}},
      {"length and coding",
       "9112 6.1",
       get("/1") + post_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       {"GET /1 1.1 keep", "400"}},
      {"a request where a chunk should be",
       "9112 7.1",
       kChunked + chunked(smuggled),
       {kPosted, "400"}},
      {"a request behind a bad chunk",
       "9112 7.1",
       chunked("2\r\nabcd\r\n0\r\n\r\n" + smuggled),
       {"400"}},
      {"a request behind a chunk size that overflows",
       "9112 7.1",
       chunked("10000000000000002\r\nab\r\n0\r\n\r\n" + smuggled),
       {"400"}},
      {"a request behind a bare LF", "9112 2.2", "GET / HTTP/1.1\nHost: a\n\n" + smuggled, {"400"}},
      {"a request behind a folded coding",
       "9112 5.2",
       post_with("Transfer-Encoding:\r\n chunked\r\nContent-Length: 0\r\n", smuggled),
       {"400"}},
      {"a request behind a hidden coding",
       "9112 5.1",
       post_with("Transfer-Encoding : chunked\r\nContent-Length: 0\r\n", smuggled),
       {"400"}},
      {"a request behind an unknown coding",
       "9112 6.1",
       post_with("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n" + smuggled),
       {"501"}},
      {"a request behind CONNECT",
       "9110 9.3.6",
       "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n" + smuggled,
       {"501"}},
      {"a request behind TRACE",
       "9110 9.3.8",
       "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n" + smuggled,
       {"501"}},
      {"the HTTP/2 preface on a connection in use",
       "9113 3.4",
       get("/1") + "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + smuggled,
       {"GET /1 1.1 keep", "505"}},
      {"a TLS hello behind a request",
       "9112 3",
       get("/1") + "\x16\x03\x01\x02",
       {"GET /1 1.1 keep", "400"}},
  });
}

TEST_CASE("conformance: a body that looks like a request is a body (RFC 9110 section 9.3.1)") {
  const std::string inner = get("/inner");
  check_all({
      {"by length, on GET",
       "9110 9.3.1",
       get("/", "Content-Length: " + std::to_string(inner.size()) + "\r\n") + inner,
       {"GET / 1.1 keep body=" + inner}},
      {"in a chunk",
       "9112 7.1",
       chunked("24\r\n" + get("/123456789") + "\r\n0\r\n\r\n"),
       {"POST / 1.1 keep body=" + get("/123456789")}},
      {"for OPTIONS",
       "9110 9.3.7",
       "OPTIONS * HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab",
       {"OPTIONS * 1.1 keep body=ab"}},
      {"for DELETE",
       "9110 9.3.5",
       "DELETE / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab",
       {"DELETE / 1.1 keep body=ab"}},
  });
}
