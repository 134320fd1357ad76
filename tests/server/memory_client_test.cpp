// The client of appserver/testing.hpp must not be told from a client of the server: the same
// requests to the same app get the same answers.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <appserver/testing.hpp>

#include "support/http_client.h"
#include "support/running_server.h"
#include "support/temporary_folder.h"

using namespace appserver::test;
using appserver::testing::Client;
using appserver::testing::Headers;
using appserver::testing::Reply;

namespace {

struct Sent {
  std::string method;
  std::string target;
  Headers headers{};
  std::string body{};
};

// All that a client sees, but for what differs by nature: dates, and the tags of files.
std::string shown(int status, Headers headers, const std::string& body, const Headers& trailers) {
  std::erase_if(headers, [](const auto& field) {
    return field.first == "Date" || field.first == "Last-Modified" ||
           (field.first == "ETag" && field.second.find('-') != std::string::npos);
  });
  std::stable_sort(headers.begin(), headers.end());
  std::string text = std::to_string(status) + "\n";
  for (const auto& [name, value] : headers) {
    text.append(name).append(": ").append(value).append("\n");
  }
  text.append("\n").append(body).append("\n");
  for (const auto& [name, value] : trailers) {
    text.append(name).append(": ").append(value).append("\n");
  }
  return text;
}

std::string from_server(const Address& address, const Sent& sent) {
  std::string lines;
  for (const auto& [name, value] : sent.headers) {
    lines.append(name).append(": ").append(value).append("\r\n");
  }
  HttpClient client(address);
  const HttpResponse got = client.request(sent.method, sent.target, sent.body, lines);
  return shown(got.status, got.headers, got.body, got.trailers);
}

std::string from_memory(const Sent& sent) {
  Client client(appserver_app_v1);
  const Reply got = client.request(sent.method, sent.target, sent.body, sent.headers);
  return shown(got.status, got.headers, got.body, got.trailers);
}

const Headers kMultipart{{"Content-Type", "multipart/form-data; boundary=b"}};
const std::string kPart = "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n";

const std::vector<Sent> kRequests{
    {"GET", "/plain"},
    {"HEAD", "/plain"},
    {"GET", "/throw"},
    {"HEAD", "/throw"},
    {"GET", "/denied"},
    {"GET", "/busy"},
    {"GET", "/split"},
    {"GET", "/empty"},
    {"GET", "/lengthy"},
    {"HEAD", "/lengthy"},
    {"GET", "/close"},
    {"GET", "/moved"},
    {"GET", "/nowhere"},
    {"GET", "/api/nowhere"},
    {"GET", "/%zz"},
    {"POST", "/plain"},
    {"OPTIONS", "/plain"},
    {"OPTIONS", "*"},
    {"GET", "/stream"},
    {"HEAD", "/stream"},
    {"GET", "/events"},
    {"GET", "/events", {{"Last-Event-ID", "2"}}},
    {"POST", "/form", {{"Content-Type", "application/x-www-form-urlencoded"}}, "name=a+b"},
    {"POST", "/form", {{"Content-Type", "text/plain"}}, "name=a+b"},
    {"POST", "/upload", kMultipart, kPart + "eve\r\n--b--"},
    {"POST", "/upload", kMultipart, kPart},
    {"POST", "/upload", {}, "x"},
    {"POST", "/small-upload", kMultipart, kPart + "eve\r\n--b--"},
    {"PUT", "/count", {}, "12345"},
    {"PUT", "/count", {}, ""},
    {"PUT", "/count", {{"X-Refused", "1"}}, "12345"},
    {"POST", "/small/collect", {}, std::string(1000, 'x')},
    {"POST", "/small/collect", {}, std::string(1001, 'x')},
    {"PUT", "/small/receive", {}, std::string(1001, 'x')},
    {"GET", "/api/users/7", {{"Origin", "https://a.example"}}},
    {"GET", "/api/users/7", {{"If-None-Match", "*"}}},
    {"OPTIONS",
     "/api/users/7",
     {{"Origin", "https://a.example"}, {"Access-Control-Request-Method", "PUT"}}},
    {"PUT", "/api/users/7", {{"Origin", "https://a.example"}}, "12345"},
    {"GET", "/guarded/name", {{"Authorization", "Basic ZXZlOnNlY3JldA=="}}},
    {"GET", "/guarded/name"},
    {"PUT", "/guarded/count", {}, "12345"},
    {"GET", "/file?path=/nonexistent"},
};

}  // namespace

TEST_CASE("memory client: it gets from an app what a client of the server gets") {
  const RunningServer server(server_app("layers"), 1);
  for (const Sent& sent : kRequests) {
    CAPTURE(sent.method);
    CAPTURE(sent.target);
    CHECK(from_memory(sent) == from_server(server.address, sent));
  }
}

TEST_CASE("memory client: the app's files are the same too") {
  const TemporaryFolder folder;
  write_over(folder / "data", "0123456789");
  const std::string target = "/file?path=" + (folder / "data").string();
  const RunningServer server(server_app("layers"), 1);
  for (const std::string range : {"", "bytes=2-4", "bytes=-3", "bytes=8-", "bytes=99-"}) {
    CAPTURE(range);
    const Sent sent{"GET", target, range.empty() ? Headers{} : Headers{{"Range", range}}};
    CHECK(from_memory(sent) == from_server(server.address, sent));
  }
}
