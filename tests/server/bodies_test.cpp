// Bodies in pieces: streamed responses and requests, files, and large bodies that are collected.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "support/body_bytes.h"
#include "support/http_client.h"
#include "support/read_file.h"
#include "support/running_server.h"
#include "support/worker_memory.h"

using namespace appserver::test;

namespace {

std::string in_chunks(std::string_view bytes, std::size_t size) {
  std::string chunked;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, size);
    bytes.remove_prefix(piece.size());
    char line[32];
    std::snprintf(line, sizeof line, "%zx\r\n", piece.size());
    chunked.append(line).append(piece).append("\r\n");
  }
  return chunked + "0\r\n\r\n";
}

constexpr std::string_view kChunkedPost =
    " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

// A server of the app `bodies` with one worker, and the file in which it notes what it lets go of.
struct Bodies {
  explicit Bodies(std::vector<std::string> extra = {})
      : server(server_app("bodies"), 1, with_events(std::move(extra))) {}

  std::vector<std::string> with_events(std::vector<std::string> extra) {
    extra.insert(extra.end(), {"--env", "BODIES_EVENTS=" + (folder / "events").string()});
    return extra;
  }
  void wait_for_event(const std::string& event) {
    eventually(10s, event.c_str(), [&] {
      return std::filesystem::exists(folder / "events") &&
             read_file(folder / "events").find(event) != std::string::npos;
    });
  }
  std::uint64_t memory() const { return worker_memory(server); }

  TemporaryFolder folder;
  RunningServer server;
};

}  // namespace

TEST_CASE(
    "bodies: a streamed response comes in chunks, with its trailer, and the connection lives") {
  Bodies bodies;
  HttpClient client(bodies.server.address);
  client.send("GET /pieces?count=3&size=4 HTTP/1.1\r\nHost: a\r\n\r\n");
  eventually(5s, "a response", [&] { return client.has_input(); });
  const HttpResponse response = client.read_response();
  CHECK(response.header("Transfer-Encoding") == "chunked");
  CHECK_FALSE(response.has_header("Content-Length"));
  CHECK(response.body == "aaaabbbbcccc");
  REQUIRE(response.trailers.size() == 1);
  CHECK(response.trailers[0].first == "X-Count");
  CHECK(response.trailers[0].second == "3");
  bodies.wait_for_event("released");
  CHECK(client.get("/pieces?count=1&size=1").body == "a");
}

TEST_CASE("bodies: HTTP/1.0 gets a streamed response up to the end of the connection") {
  Bodies bodies;
  HttpClient client(bodies.server.address);
  client.send("GET /pieces?count=2&size=3 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const HttpResponse response = client.read_response();
  CHECK(response.announces_close());
  CHECK(response.body == "aaabbb");
  CHECK(client.wait_for_end() == Ending::Closed);
}

TEST_CASE("bodies: HEAD of a streamed response has its fields and no body") {
  Bodies bodies;
  HttpClient client(bodies.server.address);
  const HttpResponse head = client.request("HEAD", "/pieces");
  CHECK(head.header("Transfer-Encoding") == "chunked");
  bodies.wait_for_event("released");
  CHECK(client.get("/large?size=5").body == "LLLLL");
}

TEST_CASE("bodies: a stream of a length that is announced is exactly that long, or cut off") {
  Bodies bodies;
  HttpClient client(bodies.server.address);
  const HttpResponse exact = client.get("/length?count=2&size=5&length=10");
  CHECK(exact.header("Content-Length") == "10");
  CHECK(exact.body == "aaaaabbbbb");
  client.send("GET /length?count=2&size=5&length=11 HTTP/1.1\r\nHost: a\r\n\r\n");
  client.wait_for_end();
  CHECK(client.unread().find("Content-Length: 11") != std::string::npos);

  HttpClient other(bodies.server.address);
  other.send("GET /length?count=2&size=5&length=9 HTTP/1.1\r\nHost: a\r\n\r\n");
  other.wait_for_end();
  CHECK(other.unread().find("aaaaabbbbb") == std::string::npos);
}

TEST_CASE("bodies: a stream whose source fails ends without its last chunk, and the log says why") {
  Bodies bodies;
  HttpClient client(bodies.server.address);
  client.send("GET /broken HTTP/1.1\r\nHost: a\r\n\r\n");
  client.wait_for_end();
  CHECK(client.unread().find("\r\n0\r\n") == std::string::npos);
  bodies.server.process.wait_for_log("the source dried up");
}

TEST_CASE("bodies: a gigabyte streams through a worker whose memory does not grow") {
  Bodies bodies;
  CHECK(get(bodies.server.address, "/pieces?count=4&size=65536").body.size() == 4 * 65536);
  const std::uint64_t before = bodies.memory();
  HttpClient client(bodies.server.address);
  client.send("GET /pieces?count=16384&size=65536 HTTP/1.0\r\n\r\n");
  std::uint64_t received = 0;
  client.discard_until_end(received);
  CHECK(received > std::uint64_t{16384} * 65536);
  CHECK((!kMemoryTellsSomething || bodies.memory() < before + 1024));
}

TEST_CASE("bodies: a client that does not read a stream costs a bounded piece of memory") {
  Bodies bodies;
  const std::uint64_t before = bodies.memory();
  HttpClient lazy(bodies.server.address);
  lazy.send("GET /pieces?count=100000&size=65536 HTTP/1.1\r\nHost: a\r\n\r\n");
  eventually(10s, "the stream has begun", [&] { return lazy.has_input(); });
  for (int i = 0; i < 50; ++i) {
    REQUIRE(get(bodies.server.address, "/large?size=10").status == 200);
  }
  CHECK((!kMemoryTellsSomething || bodies.memory() < before + 2048));
}

TEST_CASE("bodies: a client that leaves in the middle of a stream releases it") {
  Bodies bodies;
  {
    HttpClient client(bodies.server.address);
    client.send("GET /pieces?count=100000&size=65536 HTTP/1.1\r\nHost: a\r\n\r\n");
    eventually(10s, "the stream has begun", [&] { return client.has_input(); });
  }
  bodies.wait_for_event("released");
}

TEST_CASE("bodies: a large response leaves whole, also to a slow client, and in pipelined order") {
  Bodies bodies;
  HttpClient client(bodies.server.address);
  client.send(
      "GET /large?size=3000000 HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /pieces?count=2&size=2 HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /large?size=7 HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.read_response().body == std::string(3'000'000, 'L'));
  CHECK(client.read_response().body == "aabb");
  CHECK(client.read_response().body == "LLLLLLL");
}

TEST_CASE("bodies: an app's file comes with ranges, conditions and the app's own fields") {
  Bodies bodies;
  const std::string content = varied(500'000);
  write_over(bodies.folder / "data", content);
  const std::string target = "/file?path=" + (bodies.folder / "data").string();
  HttpClient client(bodies.server.address);
  const HttpResponse whole = client.get(target);
  CHECK(whole.status == 200);
  CHECK(whole.body == content);
  CHECK(whole.header("Content-Type") == "application/x-test");
  CHECK(whole.header("X-From") == "app");
  const HttpResponse part = client.request("GET", target, {}, "Range: bytes=100-199\r\n");
  CHECK(part.status == 206);
  CHECK(part.body == content.substr(100, 100));
  const HttpResponse unchanged =
      client.request("GET", target, {}, "If-None-Match: " + whole.header("ETag") + "\r\n");
  CHECK(unchanged.status == 304);
  CHECK(client.request("HEAD", target).header("Content-Length") == "500000");
  CHECK(client.get("/file?path=/nonexistent").status == 404);
}

TEST_CASE("bodies: early hints arrive before the response") {
  Bodies bodies;
  HttpClient client(bodies.server.address);
  const HttpResponse hints = client.get("/hints");
  CHECK(hints.status == 103);
  CHECK(hints.header("Link") == "</style.css>; rel=preload; as=style");
  CHECK(client.read_response().body == "<p>done</p>");
}

TEST_CASE("bodies: an app takes a body in as it arrives, fixed or in chunks") {
  Bodies bodies({"--limit-request-body", "1K"});
  const std::string body = varied(3'000'000);
  HttpClient client(bodies.server.address);
  CHECK(client.request("POST", "/counting", body).body == described(body));
  client.send("POST /counting" + std::string(kChunkedPost) + in_chunks(body, 1000));
  CHECK(client.read_response().body == described(body));
  CHECK(client.request("POST", "/counting", "short").body == described("short"));
  CHECK(client.request("POST", "/counting", "").body == described(""));
  bodies.wait_for_event("receiver released");
}

TEST_CASE("bodies: pipelined requests around a streamed body are all answered") {
  Bodies bodies;
  HttpClient client(bodies.server.address);
  client.send("GET /large?size=3 HTTP/1.1\r\nHost: a\r\n\r\nPOST /counting" +
              std::string(kChunkedPost) + in_chunks("some bytes", 3) +
              "GET /large?size=4 HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.read_response().body == "LLL");
  CHECK(client.read_response().body == described("some bytes"));
  CHECK(client.read_response().body == "LLLL");
}

TEST_CASE("bodies: the app is called before the body arrives, and told when it never does") {
  Bodies bodies;
  {
    HttpClient client(bodies.server.address);
    client.send("POST /counting HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nonly this");
    bodies.wait_for_event("receiver made");
  }
  bodies.wait_for_event("receiver released");
}

TEST_CASE("bodies: a receiver can answer before the body, or give up in the middle of it") {
  Bodies bodies;
  HttpClient client(bodies.server.address);
  client.send("POST /counting HTTP/1.1\r\nHost: a\r\nX-Refuse: 1\r\nContent-Length: 100\r\n\r\n");
  const HttpResponse refused = client.read_response();
  CHECK(refused.status == 403);
  CHECK(refused.announces_close());
  HttpClient other(bodies.server.address);
  const HttpResponse poisoned = other.request("POST", "/counting", "this is poison");
  CHECK(poisoned.status == 500);
  CHECK(poisoned.announces_close());
  bodies.server.process.wait_for_log("poisoned body");
}

TEST_CASE("bodies: receivers whose end blocks end at the same time, on the threads") {
  Bodies bodies({"--threads", "2"});
  const std::string form =
      "--b\r\nContent-Disposition: form-data; name=f\r\n\r\nsecond\r\n--b--\r\n";
  HttpClient first(bodies.server.address);
  first.send("POST /waiting HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nfirst");
  bodies.wait_for_event("finishing");
  HttpClient second(bodies.server.address);
  CHECK(second
            .request("POST", "/waiting-form", form,
                     "Content-Type: multipart/form-data; boundary=b\r\n")
            .body == "second");
  CHECK(first.read_response().body == "first");
  CHECK(first.get("/large?size=3").body == "LLL");
  CHECK(second.request("POST", "/counting", "body").body == described("body"));
}

TEST_CASE("bodies: what a blocking end throws is answered as if it had not blocked") {
  Bodies bodies({"--threads", "2"});
  HttpClient told(bodies.server.address);
  told.send("POST /waiting?failure=told HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na");
  bodies.wait_for_event("finishing");
  HttpClient untold(bodies.server.address);
  CHECK(untold.request("POST", "/waiting?failure=untold", "b").status == 500);
  CHECK(told.read_response().status == 409);
  bodies.server.process.wait_for_log("the disk is broken");
  CHECK(told.get("/large?size=3").body == "LLL");
  CHECK(untold.get("/large?size=3").body == "LLL");
}

TEST_CASE("bodies: a client that leaves while the end blocks harms nobody, and all is released") {
  Bodies bodies({"--threads", "2"});
  {
    HttpClient leaving(bodies.server.address);
    leaving.send("POST /waiting HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na");
    bodies.wait_for_event("finishing");
  }
  HttpClient other(bodies.server.address);
  CHECK(other.request("POST", "/waiting", "b").body == "b");
  bodies.wait_for_event("receiver released\nreceiver released");
  CHECK(other.get("/large?size=3").body == "LLL");
}

TEST_CASE("bodies: Expect: 100-continue is answered when the body is wanted") {
  Bodies bodies;
  for (const std::string target : {"/counting", "/collected"}) {
    CAPTURE(target);
    HttpClient client(bodies.server.address);
    client.send("POST " + target +
                " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    CHECK(client.read_response().status == 100);
    client.send("body");
    CHECK(client.read_response().body == described("body"));
  }
}

TEST_CASE("bodies: a large collected body is complete, and does not stay in memory") {
  Bodies bodies;
  const std::string body = varied(12'000'000);
  const std::uint64_t before = bodies.memory();
  HttpClient client(bodies.server.address);
  CHECK(client.request("POST", "/collected", body).body == described(body));
  client.send("POST /collected" + std::string(kChunkedPost) + in_chunks(body, 5000));
  CHECK(client.read_response().body == described(body));
  CHECK((!kMemoryTellsSomething || bodies.memory() < before + 4096));
}
