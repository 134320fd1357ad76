// A server that serves: the examples as a client sees them.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/load_client.h"
#include "support/read_file.h"
#include "support/running_server.h"

using namespace appserver::test;

TEST_CASE("serving: hello answers 13 bytes of text with the headers a response owes") {
  const RunningServer server(example_app("hello"));
  const HttpResponse response = get(server.address, "/");
  CHECK(response.status == 200);
  CHECK(response.body == "Hello, World!");
  CHECK(response.header("Content-Length") == "13");
  CHECK(response.header("Content-Type").starts_with("text/plain"));
  CHECK(response.has_header("Date"));
  CHECK(response.has_header("Server"));
  CHECK_FALSE(response.announces_close());
}

TEST_CASE("serving: HEAD has the headers of GET and no body, and the connection goes on") {
  const RunningServer server(example_app("hello"));
  HttpClient client(server.address);
  const HttpResponse head = client.request("HEAD", "/");
  CHECK(head.status == 200);
  CHECK(head.header("Content-Length") == "13");
  CHECK(client.get("/").body == "Hello, World!");
  CHECK(client.unread().empty());
}

TEST_CASE("serving: a connection carries many requests, one after the other") {
  const RunningServer server(example_app("hello"));
  HttpClient client(server.address);
  for (int i = 0; i < 200; ++i) {
    const HttpResponse response = client.get("/");
    REQUIRE(response.status == 200);
    REQUIRE_FALSE(response.announces_close());
  }
}

TEST_CASE("serving: the client ends a connection with Connection: close, HTTP/1.0 by itself") {
  const RunningServer server(example_app("hello"));
  HttpClient client(server.address);
  CHECK(client.request("GET", "/", {}, "Connection: close\r\n").announces_close());
  CHECK(client.wait_for_end() == Ending::Closed);

  HttpClient old_client(server.address);
  old_client.send("GET / HTTP/1.0\r\n\r\n");
  const HttpResponse response = old_client.read_response();
  CHECK(response.status == 200);
  CHECK(response.announces_close());
  CHECK(old_client.wait_for_end() == Ending::Closed);
}

TEST_CASE("serving: echo gives back the body and its type, whatever the method and the path") {
  const RunningServer server(example_app("echo"));
  HttpClient client(server.address);
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "GET"}) {
    const HttpResponse response = client.request(method, "/any/path?x=1", "some body",
                                                 "Content-Type: application/x-test\r\n");
    CHECK(response.status == 200);
    CHECK(response.body == "some body");
    CHECK(response.header("Content-Type") == "application/x-test");
  }
}

TEST_CASE("serving: a large body and a chunked body arrive whole") {
  const RunningServer server(example_app("echo"));
  HttpClient client(server.address);
  std::string large;
  for (int i = 0; large.size() < 3'000'000; ++i) {
    large += std::to_string(i) + ' ';
  }
  CHECK(client.request("POST", "/", large).body == large);

  client.send(
      "POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;note=ignored\r\nHello\r\n");
  client.send("8\r\n, World!\r\n0\r\n\r\n");
  CHECK(client.read_response().body == "Hello, World!");
}

TEST_CASE("serving: a client that asks first is told to go on with its body") {
  const RunningServer server(example_app("echo"));
  HttpClient client(server.address);
  client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.read_response().status == 100);
  client.send("abc");
  CHECK(client.read_response().body == "abc");
}

TEST_CASE("serving: pipelined requests are answered in their order") {
  const RunningServer server(example_app("echo"));
  HttpClient client(server.address);
  std::string batch;
  for (int i = 0; i < 100; ++i) {
    const std::string body = "body " + std::to_string(i);
    batch += "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) +
             "\r\n\r\n" + body;
  }
  client.send(batch);
  for (int i = 0; i < 100; ++i) {
    CHECK(client.read_response().body == "body " + std::to_string(i));
  }
}

TEST_CASE("serving: a request may arrive byte by byte") {
  const RunningServer server(example_app("echo"));
  HttpClient client(server.address);
  for (const char c :
       std::string("POST /p HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\nslow")) {
    client.send({&c, 1});
  }
  CHECK(client.read_response().body == "slow");
}

TEST_CASE("serving: an unknown path is 404, a wrong method 405 with what is allowed") {
  const RunningServer server(example_app("hello"));
  HttpClient client(server.address);
  CHECK(client.get("/nothing/here").status == 404);
  const HttpResponse response = client.request("POST", "/", "x");
  CHECK(response.status == 405);
  CHECK(response.header("Allow").find("GET") != std::string::npos);
  CHECK(client.get("/").status == 200);
}

TEST_CASE("serving: an exception in a handler is 500 and a line in the log, and nothing more") {
  RunningServer server(server_app("scripted"));
  HttpClient client(server.address);
  CHECK(client.get("/throw").status == 500);
  server.process.wait_for_log("out of cheese");
  CHECK(client.get("/pid").status == 200);
}

TEST_CASE("serving: many clients are served at once without a failure") {
  const RunningServer server(example_app("hello"));
  LoadClient load(server.address, "/", 32);
  load.wait_for_answers(5000);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
  CHECK(counts.announced_closes == 0);
}

TEST_CASE("serving: while one worker is busy, new clients are served by another") {
  const TemporaryFolder folder;
  const auto started = folder / "started";
  const RunningServer server(server_app("scripted"), 2,
                             {"--env", "SCRIPTED_STARTED=" + started.string()});
  HttpClient client(server.address);
  const std::string busy_pid = client.get("/pid").body;
  client.send("GET /sleep/1000 HTTP/1.1\r\nHost: test\r\n\r\n");
  eventually(5s, "the handler runs", [&] { return std::filesystem::exists(started); });
  for (int i = 0; i < 20; ++i) {
    CHECK(get(server.address, "/pid").body != busy_pid);
  }
  CHECK_FALSE(client.has_input());
  CHECK(client.read_response().body == "slept");
}

TEST_CASE("serving: a unix socket serves like a port") {
  const TemporaryFolder folder;
  const std::string path = (folder / "s").string();
  ServerProcess process({"-b", "unix:" + path, "--workers", "1", example_app("hello")});
  const Address address = process.wait_until_listening();
  CHECK(address.unix_path == path);
  CHECK(get(address, "/").body == "Hello, World!");
}

TEST_CASE("serving: the access log has one line per request") {
  const TemporaryFolder folder;
  const std::string path = (folder / "access.log").string();
  RunningServer server(example_app("hello"), 1, {"--access-logfile", path});
  HttpClient client(server.address);
  client.request("GET", "/", {}, "User-Agent: test \"agent\"\r\n");
  client.get("/nothing");
  const auto log = [&path] { return read_file(path); };
  eventually(5s, "two lines in the access log",
             [&] { return std::ranges::count(log(), '\n') == 2; });
  CHECK(log().find("\" 200 13 \"-\" \"test \\x22agent\\x22\"\n") != std::string::npos);
  CHECK(log().find("\"GET /nothing HTTP/1.1\" 404 ") != std::string::npos);
}
