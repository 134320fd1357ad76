// The server's own errors: their words, in the form that the client wants, or the user's pages.
#include <string>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/running_server.h"
#include "support/temporary_folder.h"

using namespace appserver::test;

namespace {

HttpResponse refusal(const Address& address, const std::string& request) {
  HttpClient client(address);
  client.send(request);
  return client.read_response();
}

const std::string kNoHost = "GET / HTTP/1.1\r\nAccept: application/json\r\n\r\n";

}  // namespace

TEST_CASE("error answers: a refusal says what was wrong, as text or JSON") {
  const RunningServer server(example_app("echo"), 1);
  const HttpResponse text = refusal(server.address, "GET / HTTP/1.1\r\n\r\n");
  CHECK(text.status == 400);
  CHECK(text.header("Content-Type") == "text/plain; charset=utf-8");
  CHECK(text.body == "400 Bad Request\nAn HTTP/1.1 request must have a Host field.\n");

  const HttpResponse json = refusal(server.address, kNoHost);
  CHECK(json.status == 400);
  CHECK(json.header("Content-Type") == "application/json");
  CHECK(json.body ==
        "{\"title\":\"Bad Request\",\"status\":400,"
        "\"detail\":\"An HTTP/1.1 request must have a Host field.\"}\n");
}

TEST_CASE("error answers: what is refused after its head, and what the app failed at, as well") {
  const RunningServer server(server_app("scripted"), 1, {"--limit-request-body", "10"});
  const std::string accept = "Accept: application/problem+json\r\n";
  const HttpResponse large = refusal(server.address, "POST / HTTP/1.1\r\nHost: a\r\n" + accept +
                                                         "Content-Length: 11\r\n\r\n01234567890");
  CHECK(large.status == 413);
  CHECK(large.header("Content-Type") == "application/problem+json");

  HttpClient client(server.address);
  const HttpResponse failed = client.request("GET", "/throw", {}, accept);
  CHECK(failed.status == 500);
  CHECK(failed.header("Content-Type") == "application/problem+json");
  CHECK(failed.body == "{\"title\":\"Internal Server Error\",\"status\":500}\n");
  CHECK(client.get("/pid").status == 200);
}

TEST_CASE("error answers: the user's pages, for who takes them") {
  const TemporaryFolder folder;
  const std::string page = (folder / "bad.html").string();
  write_over(page, "<h1>Not like this</h1>");
  const RunningServer server(server_app("scripted"), 1,
                             {"--error-page", "400=" + page, "--error-page", "500=" + page});
  const HttpResponse shown = refusal(server.address, "nonsense\r\n\r\n");
  CHECK(shown.status == 400);
  CHECK(shown.header("Content-Type") == "text/html; charset=utf-8");
  CHECK(shown.body == "<h1>Not like this</h1>");
  CHECK(refusal(server.address, kNoHost).header("Content-Type") == "application/json");
  CHECK(get(server.address, "/throw").body == "<h1>Not like this</h1>");
  // What the app itself answers is its own.
  CHECK(get(server.address, "/nothing").header("Content-Type") != "text/html; charset=utf-8");
}

TEST_CASE("error answers: a page that cannot be read is told at the start") {
  ServerProcess process({"-b", "127.0.0.1:0", "--workers", "1", "--error-page",
                         "404=/nowhere/404.html", example_app("hello")});
  CHECK(process.wait_for_exit().code.value_or(0) != 0);
  CHECK(process.log().find("404=/nowhere/404.html") != std::string::npos);
  CHECK(process.log().find("No such file") != std::string::npos);
}
