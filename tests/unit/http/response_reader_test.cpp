#include "http/response_reader.h"

#include <doctest/doctest.h>

namespace appserver::http {

TEST_CASE("ResponseReader: an answer in any pieces is the same answer") {
  const std::string answer =
      "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  for (std::size_t piece = 1; piece <= answer.size(); ++piece) {
    CAPTURE(piece);
    ResponseReader reader(ResponseReader::Body::Limited);
    bool complete = false;
    for (std::size_t at = 0; at < answer.size(); at += piece) {
      REQUIRE_FALSE(complete);
      const auto fed = reader.feed(std::string_view(answer).substr(at, piece));
      REQUIRE(fed.has_value());
      complete = *fed;
    }
    REQUIRE(complete);
    CHECK(reader.status() == 201);
    CHECK(reader.body() == "abcde");
  }
}

TEST_CASE("ResponseReader: interim answers come before the one that counts") {
  ResponseReader reader(ResponseReader::Body::Limited);
  CHECK(
      *reader.feed("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n"
                   "Content-Length: 2\r\n\r\nok"));
  CHECK(reader.status() == 200);
  CHECK(reader.body() == "ok");
}

TEST_CASE("ResponseReader: the answer to a HEAD has no body") {
  ResponseReader reader(ResponseReader::Body::None);
  CHECK(*reader.feed("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"));
  CHECK(reader.body().empty());
}

TEST_CASE("ResponseReader: a body without a length ends with the connection") {
  ResponseReader reader(ResponseReader::Body::Limited);
  CHECK_FALSE(*reader.feed("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall"));
  CHECK(reader.end().has_value());
  CHECK(reader.body() == "all");
}

TEST_CASE("ResponseReader: what is cut off or no HTTP is an error that says so") {
  ResponseReader nothing(ResponseReader::Body::Limited);
  CHECK(nothing.end().error().message == "the connection was closed without an answer");
  ResponseReader cut(ResponseReader::Body::Limited);
  CHECK_FALSE(*cut.feed("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nabc"));
  CHECK(cut.end().error().message == "the connection was closed within the answer");
  ResponseReader other(ResponseReader::Body::Limited);
  CHECK_FALSE(other.feed("SSH-2.0-OpenSSH_9.2\r\n").has_value());
  ResponseReader large(ResponseReader::Body::Limited);
  CHECK_FALSE(large.feed("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n").has_value());
}

}  // namespace appserver::http
