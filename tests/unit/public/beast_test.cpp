#include <string>
#include <utility>

#include <boost/beast/http/verb.hpp>
#include <doctest/doctest.h>

#include <appserver/app.hpp>
#include <appserver/beast.hpp>
#include <appserver/testing.hpp>

using appserver::App;
using appserver::beast::BeastRequest;
using appserver::beast::BeastResponse;
using appserver::beast::from_beast;
using appserver::testing::Client;
using appserver::testing::Headers;
using appserver::testing::Reply;

namespace http = boost::beast::http;

namespace {

// The last request that the app was given.
struct Seen {
  BeastRequest request;
};

// A handler as one writes it for Beast.
BeastResponse answer(BeastRequest&& request) {
  BeastResponse response(http::status::created, request.version());
  response.set(http::field::content_type, "text/x");
  response.insert(http::field::set_cookie, "a=1");
  response.insert(http::field::set_cookie, "b=2");
  response.keep_alive(request.keep_alive());
  response.body() = std::string(request.method_string()) + " " + std::string(request.target());
  response.prepare_payload();
  return response;
}

}  // namespace

TEST_CASE("beast: a request arrives as Beast would have read it") {
  Seen seen;
  Client client([&seen](App& a) {
    a.any("/{all*}", appserver::beast::handler([&seen](BeastRequest&& request) {
            seen.request = std::move(request);
            return answer(BeastRequest(seen.request));
          }));
  });
  client.request("POST", "/a%20b?c=d", "body", {{"X-Twice", "1"}, {"x-twice", "2"}});
  CHECK(seen.request.method() == http::verb::post);
  CHECK(seen.request.target() == "/a%20b?c=d");
  CHECK(seen.request.version() == 11);
  CHECK(seen.request.body() == "body");
  CHECK(seen.request[http::field::host] == "localhost");
  CHECK(seen.request[http::field::content_length] == "4");
  CHECK(seen.request.count("X-Twice") == 2);
  CHECK(seen.request.keep_alive());
  client.request("BREW", "/");
  CHECK(seen.request.method() == http::verb::unknown);
  CHECK(seen.request.method_string() == "BREW");
  CHECK(seen.request.count(http::field::content_length) == 0);
  auto upload = client.start("PUT", "/");
  upload.send("pieces");
  CHECK(upload.finish().status == 201);
  CHECK_FALSE(seen.request.chunked());
  CHECK(seen.request[http::field::content_length] == "6");
}

TEST_CASE("beast: a response leaves with its fields, and is framed by the server") {
  Client client([](App& a) { a.get("/x", appserver::beast::handler(&answer)); });
  const Reply reply = client.get("/x");
  CHECK(reply.status == 201);
  CHECK(reply.body == "GET /x");
  CHECK(reply.header("Content-Length") == "6");
  CHECK(reply.header("Content-Type") == "text/x");
  CHECK_FALSE(reply.has_header("Connection"));
  CHECK(client.cookies().value("b") == "2");
  CHECK(client.get("/x", {{"Connection", "close"}}).header("Connection") == "close");
}

TEST_CASE("beast: chunks and a wrong length of a response do not reach the client") {
  Client client([](App& a) {
    a.get("/", [](const appserver::Request&) {
      BeastResponse response(http::status::ok, 11);
      response.chunked(true);
      response.body() = "whole";
      return from_beast(response);
    });
    a.get("/length", [](const appserver::Request&) {
      BeastResponse response(http::status::ok, 11);
      response.content_length(99);
      response.body() = "whole";
      return from_beast(std::move(response));
    });
  });
  for (const char* target : {"/", "/length"}) {
    const Reply reply = client.get(target);
    CHECK(reply.body == "whole");
    CHECK(reply.header("Content-Length") == "5");
    CHECK_FALSE(reply.has_header("Transfer-Encoding"));
  }
}
