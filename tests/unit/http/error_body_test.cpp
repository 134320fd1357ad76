#include "http/error_body.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/temporary_folder.h"

using namespace appserver::http;
using appserver::test::TemporaryFolder;
using namespace std::string_literals;

namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kProblem = "application/problem+json";
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kHtml = "text/html; charset=utf-8";

std::string_view form_for(std::string_view accept, const ErrorPages& pages = {}) {
  return render_error(404, "", accept, pages).content_type;
}

std::string written(const TemporaryFolder& folder, const std::string& name,
                    const std::string& content) {
  std::ofstream(folder / name, std::ios::binary) << content;
  return (folder / name).string();
}

std::string error_of(const std::vector<std::string>& entries) {
  const auto loaded = ErrorPages::load(entries);
  return loaded ? "" : loaded.error().message;
}

}  // namespace

TEST_CASE("render_error: tells the status and what was wrong") {
  CHECK(render_error(400, "No Host.", "", {}).content == "400 Bad Request\nNo Host.\n");
  CHECK(render_error(503, "", "", {}).content == "503 Service Unavailable\n");
  CHECK(render_error(400, "No Host.", kJson, {}).content ==
        "{\"title\":\"Bad Request\",\"status\":400,\"detail\":\"No Host.\"}\n");
  CHECK(render_error(503, "", kProblem, {}).content ==
        "{\"title\":\"Service Unavailable\",\"status\":503}\n");
}

TEST_CASE("render_error: text inside JSON is escaped (RFC 8259 section 7)") {
  CHECK(render_error(400, "a\"b\\c\n\x1f\xc3\xa4", kJson, {}).content ==
        "{\"title\":\"Bad Request\",\"status\":400,\"detail\":"
        "\"a\\\"b\\\\c\\u000a\\u001f\xc3\xa4\"}\n");
}

TEST_CASE("render_error: the form follows Accept (RFC 9110 section 12.5.1)") {
  CHECK(form_for("") == kText);
  CHECK(form_for("*/*") == kText);
  CHECK(form_for("application/json") == kJson);
  CHECK(form_for("APPLICATION/JSON; charset=utf-8") == kJson);
  CHECK(form_for("application/problem+json") == kProblem);
  CHECK(form_for("application/json, application/problem+json") == kProblem);
  CHECK(form_for("application/json, application/problem+json;q=0.9") == kJson);
  CHECK(form_for("application/*") == kProblem);
  CHECK(form_for("application/json, text/plain, */*") == kText);
  CHECK(form_for("application/json, text/plain;q=0.9, */*;q=0.8") == kJson);
  CHECK(form_for("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8") == kText);
}

TEST_CASE("render_error: the most precise media range decides") {
  CHECK(form_for("*/*;q=0.9, text/*;q=0.1") == kProblem);
  CHECK(form_for("text/*;q=1, text/plain;q=0.1, application/json;q=0.5") == kJson);
  CHECK(form_for("*/*, text/plain;q=0") == kProblem);
  CHECK(form_for("*/*;q=0.1, application/json") == kJson);
}

TEST_CASE("render_error: who takes none of the forms gets text all the same") {
  CHECK(form_for("image/png") == kText);
  CHECK(form_for("*/*;q=0") == kText);
  CHECK(form_for(",;,/,*,text/plain;q=2,application/json;q=x") == kText);
}

TEST_CASE("render_error: the user's page is shown to who takes its type") {
  const TemporaryFolder folder;
  const std::string file = written(folder, "404.html", "<h1>lost\0</h1>"s);
  const auto pages = ErrorPages::load({"404=" + file});
  REQUIRE(pages);
  for (const char* accept : {"", "*/*", "text/html, */*;q=0.8", "image/png", "text/html;q=0.1"}) {
    CAPTURE(accept);
    const ErrorBody body = render_error(404, "Nothing.", accept, *pages);
    CHECK(body.content_type == kHtml);
    CHECK(body.content == "<h1>lost\0</h1>"s);
  }
  CHECK(form_for("application/json", *pages) == kJson);
  CHECK(form_for("text/plain", *pages) == kText);
  CHECK(render_error(405, "", "text/html", *pages).content == "405 Method Not Allowed\n");
}

TEST_CASE("render_error: a page may be JSON itself") {
  const TemporaryFolder folder;
  const auto pages = ErrorPages::load({"404=" + written(folder, "404.json", "{\"own\":1}")});
  REQUIRE(pages);
  CHECK(render_error(404, "", "application/json", *pages).content == "{\"own\":1}");
  CHECK(form_for("application/problem+json", *pages) == kProblem);
}

TEST_CASE("ErrorPages: one page a status, the last entry counts") {
  const TemporaryFolder folder;
  const std::string one = written(folder, "one.html", "one");
  const std::string two = written(folder, "two=2.txt", "two");
  const auto pages = ErrorPages::load({"404=" + one, "503=" + one, "404=" + two});
  REQUIRE(pages);
  REQUIRE(pages->find(404) != nullptr);
  CHECK(pages->find(404)->content == "two");
  CHECK(pages->find(404)->content_type == kText);
  CHECK(pages->find(503)->content == "one");
  CHECK(pages->find(500) == nullptr);
  CHECK(ErrorPages().find(404) == nullptr);
}

TEST_CASE("ErrorPages: what cannot be used is named, with the reason") {
  const TemporaryFolder folder;
  const std::string page = written(folder, "page.html", "x");
  CHECK(error_of({}).empty());
  for (const char* status : {"", "=", "x=", "404x=", "+404=", " 404=", "399=", "600=", "4040="}) {
    const std::string entry = status + page;
    CHECK(error_of({entry}).find("\"" + entry + "\": write STATUS=FILE") != std::string::npos);
  }
  CHECK(error_of({"404=" + page + ".unknown"}).find("extension such as .html") !=
        std::string::npos);
  CHECK(error_of({"404=" + (folder / "none.html").string()}).find("No such file") !=
        std::string::npos);
  std::filesystem::create_directory(folder / "folder.html");
  CHECK(error_of({"404=" + (folder / "folder.html").string()}).find("Is a directory") !=
        std::string::npos);
}

TEST_CASE("ErrorPages: a page of 256 KiB is read, a larger one is refused") {
  const TemporaryFolder folder;
  const std::string most(256 * 1024, 'x');
  CHECK(error_of({"404=" + written(folder, "most.html", most)}).empty());
  CHECK(error_of({"404=" + written(folder, "more.html", most + "x")}).find("larger than 256K") !=
        std::string::npos);
}

TEST_CASE("accept_of: the first Accept field in any case") {
  RequestHead head;
  CHECK(accept_of(head).empty());
  head.fields = {{"Accept-Encoding", "x"}, {"aCCept", "text/html"}, {"Accept", "b/c"}};
  CHECK(accept_of(head) == "text/html");
}

TEST_CASE("guess_accept: finds the field in a head that was refused") {
  const auto guess = [](std::string_view bytes) { return std::string(guess_accept(bytes)); };
  CHECK(guess("GET / HTTP/1.1\r\nAccept: a/b \r\n\r\n") == "a/b");
  CHECK(guess("GET / HTTP/9\nX: y\naccept:a/b") == "a/b");
  CHECK(guess("GET / HTTP/1.1\r\n\r\nAccept: a/b\r\n\r\n").empty());
  CHECK(guess("GET / HTTP/1.1\r\nX-Accept: a/b\r\nAccept-X: c\r\n\r\n").empty());
  CHECK(guess("accept: a/b\r\n").empty());
  for (const char* bytes : {"", "\n", "\r\n\r\n", "\nAccept:", "\nAccept", "\n\n\n"}) {
    CHECK(guess(bytes).empty());
  }
}
