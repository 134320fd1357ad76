// --static as a client sees it. Which paths and fields mean what is tested exhaustively in
// unit/worker and unit/http; here it matters that whole responses arrive, and that the connection
// and the server go on after them.
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/running_server.h"
#include "support/temporary_folder.h"

using namespace appserver::test;

namespace {

constexpr int kLines = 1'000'000;

// 10 MB of which no two parts are alike.
std::string numbered_lines() {
  std::string text;
  for (int i = 0; i < kLines; ++i) {
    text += std::to_string(i + 100'000'000) + '\n';
  }
  return text;
}

// A folder, and a server that shows it below /s.
struct Site {
  explicit Site(std::vector<std::string> extra = {}) {
    std::filesystem::create_directories(folder / "www/sub");
    write("../secret", "secret");
    write("a.txt", "0123456789");
    write("empty.txt", "");
    write("sub/index.html", "<p>start</p>");
    write("app.js", "plain");
    write("app.js.gz", "gzip");
    write("app.js.br", "brotli");
    extra.insert(extra.end(), {"--static", "/s=" + (folder / "www").string()});
    server.emplace(example_app("hello"), 1, extra);
  }
  void write(const std::string& name, std::string_view content) const {
    std::ofstream(folder / ("www/" + name), std::ios::binary) << content;
  }
  [[nodiscard]] const Address& address() const { return server->address; }

  TemporaryFolder folder;
  std::optional<RunningServer> server;
};

// The connection is at the start of a response, so to say: nothing is left of the one before.
void check_goes_on(HttpClient& client) {
  CHECK(client.get("/").body == "Hello, World!");
  CHECK(client.unread().empty());
}

}  // namespace

TEST_CASE("static files: a file comes with its type, tag and date, beside the app") {
  const Site site;
  HttpClient client(site.address());
  const HttpResponse response = client.get("/s/a.txt");
  CHECK(response.status == 200);
  CHECK(response.body == "0123456789");
  CHECK(response.header("Content-Length") == "10");
  CHECK(response.header("Content-Type") == "text/plain; charset=utf-8");
  CHECK(response.header("Accept-Ranges") == "bytes");
  CHECK(response.header("Cache-Control") == "no-cache");
  CHECK(response.has_header("ETag"));
  CHECK(response.has_header("Last-Modified"));
  CHECK(response.has_header("Date"));
  CHECK(response.has_header("Server"));
  CHECK_FALSE(response.announces_close());
  CHECK(client.get("/s/empty.txt").header("Content-Length") == "0");
  CHECK(client.get("/s/sub/").body == "<p>start</p>");
  CHECK(client.get("/s/sub").header("Location") == "/s/sub/");
  CHECK(client.get("/s/none").status == 404);
  check_goes_on(client);
}

TEST_CASE("static files: HEAD has the fields of GET and no body") {
  const Site site;
  HttpClient client(site.address());
  for (const char* path : {"/s/a.txt", "/s/empty.txt", "/s/none", "/s/sub", "/s/app.js"}) {
    CAPTURE(path);
    const HttpResponse get = client.get(path);
    const HttpResponse head = client.request("HEAD", path);
    CHECK(head.status == get.status);
    CHECK(head.header("Content-Length") == std::to_string(get.body.size()));
    CHECK(head.header("ETag") == get.header("ETag"));
    CHECK(head.header("Content-Type") == get.header("Content-Type"));
    check_goes_on(client);
  }
}

TEST_CASE("static files: ranges, single and multiple") {
  const Site site;
  HttpClient client(site.address());
  const auto get_range = [&client](const std::string& range, const std::string& more = {}) {
    return client.request("GET", "/s/a.txt", {}, "Range: " + range + "\r\n" + more);
  };
  const HttpResponse part = get_range("bytes=2-4");
  CHECK(part.status == 206);
  CHECK(part.body == "234");
  CHECK(part.header("Content-Range") == "bytes 2-4/10");
  CHECK(get_range("bytes=-1").body == "9");
  CHECK(get_range("bytes=7-").body == "789");

  const HttpResponse parts = get_range("bytes=0-0,-1");
  CHECK(parts.status == 206);
  const std::string type = parts.header("Content-Type");
  const std::string boundary = type.substr(type.find('=') + 1);
  CHECK(type.starts_with("multipart/byteranges; boundary="));
  const std::string part_type = "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: ";
  CHECK(parts.body == "--" + boundary + part_type + "bytes 0-0/10\r\n\r\n0\r\n--" + boundary +
                          part_type + "bytes 9-9/10\r\n\r\n9\r\n--" + boundary + "--\r\n");

  const HttpResponse beyond = get_range("bytes=10-");
  CHECK(beyond.status == 416);
  CHECK(beyond.header("Content-Range") == "bytes */10");
  CHECK(get_range("bytes=nonsense").body == "0123456789");
  CHECK(get_range("bytes=0-,0-,0-").body == "0123456789");
  CHECK(get_range("bytes=2-4", "If-Range: \"old\"\r\n").body == "0123456789");
  check_goes_on(client);
}

TEST_CASE("static files: a cache revalidates, an editor is told that it is late") {
  const Site site;
  HttpClient client(site.address());
  const HttpResponse first = client.get("/s/a.txt");
  const auto status = [&client](const std::string& field) {
    return client.request("GET", "/s/a.txt", {}, field + "\r\n").status;
  };
  CHECK(status("If-None-Match: " + first.header("ETag")) == 304);
  CHECK(status("If-Modified-Since: " + first.header("Last-Modified")) == 304);
  CHECK(status("If-None-Match: \"other\"") == 200);
  CHECK(status("If-Match: \"other\"") == 412);
  const HttpResponse unchanged =
      client.request("GET", "/s/a.txt", {}, "If-None-Match: " + first.header("ETag") + "\r\n");
  CHECK(unchanged.header("ETag") == first.header("ETag"));
  CHECK(unchanged.header("Cache-Control") == "no-cache");
  check_goes_on(client);

  site.write("a.txt", "changed");
  const HttpResponse changed =
      client.request("GET", "/s/a.txt", {}, "If-None-Match: " + first.header("ETag") + "\r\n");
  CHECK(changed.status == 200);
  CHECK(changed.body == "changed");
}

TEST_CASE("static files: nothing outside of the folder is reached") {
  const Site site;
  std::filesystem::create_symlink("../secret", site.folder / "www/link");
  std::filesystem::create_symlink("..", site.folder / "www/up");
  HttpClient client(site.address());
  for (const char* path :
       {"/s/../secret", "/s/%2e%2e/secret", "/s/..%2fsecret", "/s/..%5csecret",
        "/s/sub/../../secret", "/s/%252e%252e/secret", "/s//../secret", "/s/link", "/s/up/secret",
        "/s/./a.txt", "/s/%2fetc/passwd", "/s/.%2e/secret"}) {
    CAPTURE(path);
    const HttpResponse response = client.get(path);
    CHECK(response.status == 404);
    CHECK(response.body.find("secret") == std::string::npos);
  }
  CHECK(client.get("/s/a.txt%00.html").status == 400);
  check_goes_on(client);
}

TEST_CASE("static files: a packed form goes to who understands it") {
  const Site site;
  HttpClient client(site.address());
  const auto get_script = [&client](const std::string& accept) {
    return client.request("GET", "/s/app.js", {}, "Accept-Encoding: " + accept + "\r\n");
  };
  const HttpResponse brotli = get_script("gzip, deflate, br");
  CHECK(brotli.body == "brotli");
  CHECK(brotli.header("Content-Encoding") == "br");
  CHECK(brotli.header("Vary") == "Accept-Encoding");
  CHECK(brotli.header("Content-Type") == "text/javascript; charset=utf-8");
  CHECK(get_script("gzip").body == "gzip");
  CHECK(get_script("br;q=0").body == "plain");
  CHECK(client.get("/s/app.js").body == "plain");
  CHECK(client.get("/s/app.js").header("Vary") == "Accept-Encoding");
}

TEST_CASE("static files: only GET and HEAD, and the body of another request is not taken for one") {
  const Site site;
  HttpClient client(site.address());
  const HttpResponse response = client.request("POST", "/s/a.txt", "GET / HTTP/1.1\r\n\r\n");
  CHECK(response.status == 405);
  CHECK(response.header("Allow") == "GET, HEAD");
  check_goes_on(client);
}

TEST_CASE("static files: a large file arrives byte for byte, in order among other requests") {
  const Site site;
  const std::string content = numbered_lines();
  site.write("large.bin", content);
  HttpClient client(site.address());
  const std::string large = "GET /s/large.bin HTTP/1.1\r\nHost: test\r\n";
  client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n" + large + "\r\n" + large +
              "Range: bytes=5000000-5000099\r\n\r\nGET /s/a.txt HTTP/1.1\r\nHost: test\r\n\r\n" +
              large + "Range: bytes=1-3000000,-3000000\r\n\r\n");
  CHECK(client.read_response().body == "Hello, World!");
  CHECK((client.read_response().body == content));  // Not printed when they differ.
  CHECK(client.read_response().body == content.substr(5'000'000, 100));
  CHECK(client.read_response().body == "0123456789");
  const HttpResponse parts = client.read_response();
  CHECK(parts.status == 206);
  CHECK(parts.body.find(content.substr(1, 3'000'000)) != std::string::npos);
  CHECK(parts.body.find(content.substr(content.size() - 3'000'000)) != std::string::npos);
  check_goes_on(client);
}

TEST_CASE("static files: a client of HTTP/1.0 gets the file and the end") {
  const Site site;
  HttpClient client(site.address());
  client.send("GET /s/a.txt HTTP/1.0\r\n\r\n");
  const HttpResponse response = client.read_response();
  CHECK(response.body == "0123456789");
  CHECK(response.header("Content-Length") == "10");
  CHECK(client.wait_for_end() == Ending::Closed);
}

TEST_CASE("static files: a client that leaves in the middle of a file costs nothing") {
  const Site site;
  site.write("large.bin", numbered_lines());
  for (int i = 0; i < 20; ++i) {
    HttpClient client(site.address());
    client.send("GET /s/large.bin HTTP/1.1\r\nHost: test\r\n\r\n");
    eventually(10s, "the file begins to arrive", [&client] { return client.has_input(); });
  }
  HttpClient client(site.address());
  check_goes_on(client);
}

// 1. A client asks for a large file and does not read. 2. The file is made shorter. 3. The client
// reads: the announced length cannot be kept any more, and bytes that follow would be taken for the
// file; so that the connection must end.
TEST_CASE("static files: a file that is cut while it is sent ends the connection") {
  const Site site;
  site.write("sparse.bin", "");
  std::filesystem::resize_file(site.folder / "www/sparse.bin", 256U << 20U);
  HttpClient client(site.address());
  client.send("GET /s/sparse.bin HTTP/1.1\r\nHost: test\r\n\r\n");
  eventually(10s, "the file begins to arrive", [&client] { return client.has_input(); });
  std::filesystem::resize_file(site.folder / "www/sparse.bin", 1000);
  CHECK_THROWS_AS(client.read_response(), std::runtime_error);
  CHECK(get(site.address(), "/s/a.txt").body == "0123456789");
}

TEST_CASE("static files: --static-max-age lets caches keep files") {
  const Site site({"--static-max-age", "1h"});
  CHECK(get(site.address(), "/s/a.txt").header("Cache-Control") == "max-age=3600");
}

TEST_CASE("static files: a mount without a folder ends the start with a reason") {
  ServerProcess malformed({"--static", "/s", example_app("hello")});
  CHECK(malformed.wait_for_exit().code == 1);
  CHECK(malformed.log().find("/PREFIX=DIRECTORY") != std::string::npos);

  ServerProcess missing(
      {"-b", "127.0.0.1:0", "--static", "/s=/no/such/folder", example_app("hello")});
  missing.wait_for_log("cannot open static directory /no/such/folder: No such file or directory");
  CHECK(missing.wait_for_exit().code.value_or(0) != 0);
}
