// --compress, as clients see it: whole and streamed bodies, read by the decoders that they have.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/decompress.h"
#include "support/http_client.h"
#include "support/running_server.h"

using namespace appserver::test;
using appserver::http::Coding;
using appserver::http::testing::decompress;
using appserver::http::testing::Decompressed;

namespace {

HttpResponse ask(HttpClient& client, std::string_view target, const std::string& accept_encoding,
                 std::string_view method = "GET") {
  return client.request(method, target, {}, "Accept-Encoding: " + accept_encoding + "\r\n");
}

void check_compressed(const HttpResponse& response, Coding coding, const std::string& content) {
  CHECK(response.status == 200);
  CHECK(response.header("Content-Encoding") == (coding == Coding::Gzip ? "gzip" : "br"));
  CHECK(response.header("Vary") == "Accept-Encoding");
  CHECK(response.body.size() < content.size());
  const Decompressed got = decompress(coding, response.body);
  CHECK(got.complete);
  const bool is_same = got.content == content;
  CHECK(is_same);
}

std::string pieces(int count, std::size_t size) {
  std::string all;
  for (int i = 0; i < count; ++i) {
    all.append(size, static_cast<char>('a' + i % 26));
  }
  return all;
}

const std::vector<std::string> kBoth{"--compress", "gzip", "--compress", "br"};

}  // namespace

TEST_CASE("compression: a whole body is compressed for who accepts it, also after each other") {
  const RunningServer server(server_app("bodies"), 1, kBoth);
  HttpClient client(server.address);
  const std::string large(50'000, 'L');
  for (int round = 0; round < 3; ++round) {
    const HttpResponse zipped = ask(client, "/large?size=50000", "gzip, br");
    check_compressed(zipped, Coding::Gzip, large);
    CHECK(zipped.header("Content-Length") == std::to_string(zipped.body.size()));
    check_compressed(ask(client, "/large?size=50000", "br"), Coding::Brotli, large);
    const HttpResponse plain = client.get("/large?size=50000");
    CHECK(plain.body == large);
    CHECK_FALSE(plain.has_header("Content-Encoding"));
    CHECK(plain.header("Vary") == "Accept-Encoding");
  }
}

TEST_CASE("compression: HEAD tells the length of what GET would get") {
  const RunningServer server(server_app("bodies"), 1, kBoth);
  HttpClient client(server.address);
  const HttpResponse head = ask(client, "/large?size=50000", "gzip", "HEAD");
  const HttpResponse got = ask(client, "/large?size=50000", "gzip");
  CHECK(head.header("Content-Encoding") == "gzip");
  CHECK(head.header("Content-Length") == got.header("Content-Length"));
}

TEST_CASE("compression: small bodies and other types are left alone") {
  const RunningServer server(
      server_app("bodies"), 1,
      {"--compress", "gzip", "--compress-min-size", "1000", "--compress-level", "9"});
  HttpClient client(server.address);
  CHECK_FALSE(ask(client, "/large?size=999", "gzip").has_header("Content-Encoding"));
  CHECK(ask(client, "/large?size=1000", "gzip").header("Content-Encoding") == "gzip");
}

TEST_CASE("compression: nothing is compressed unless it is wanted") {
  const RunningServer server(server_app("bodies"), 1);
  HttpClient client(server.address);
  const HttpResponse response = ask(client, "/large?size=50000", "gzip, br");
  CHECK_FALSE(response.has_header("Content-Encoding"));
  CHECK_FALSE(response.has_header("Vary"));
}

TEST_CASE("compression: a stream is compressed in chunks, for HTTP/1.0 up to the end") {
  const RunningServer server(server_app("bodies"), 1, kBoth);
  HttpClient client(server.address);
  for (const Coding coding : {Coding::Gzip, Coding::Brotli}) {
    const HttpResponse response =
        ask(client, "/pieces?count=200&size=5000", coding == Coding::Gzip ? "gzip" : "br");
    CHECK(response.header("Transfer-Encoding") == "chunked");
    check_compressed(response, coding, pieces(200, 5000));
  }
  client.send("GET /pieces?count=20&size=500 HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n");
  const HttpResponse old = client.read_response();
  CHECK(old.until_close);
  check_compressed(old, Coding::Gzip, pieces(20, 500));
}

TEST_CASE("compression: a stream with a length of its own is sent without that length") {
  const RunningServer server(server_app("bodies"), 1, kBoth);
  HttpClient client(server.address);
  const HttpResponse response = ask(client, "/length?length=1500&count=3&size=500", "gzip");
  CHECK_FALSE(response.has_header("Content-Length"));
  check_compressed(response, Coding::Gzip, pieces(3, 500));
}

TEST_CASE("compression: streams run side by side, and one that is given up harms no other") {
  const RunningServer server(server_app("bodies"), 1, kBoth);
  {
    HttpClient leaving(server.address);
    leaving.send(
        "GET /pieces?count=100000&size=5000 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
    eventually(5s, "the first bytes", [&] { return leaving.has_input(); });
  }
  std::vector<HttpClient> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back(server.address)
        .send(
            "GET /pieces?count=50&size=9000 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
  }
  for (HttpClient& client : clients) {
    check_compressed(client.read_response(), Coding::Gzip, pieces(50, 9000));
  }
}
