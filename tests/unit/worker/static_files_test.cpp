#include "worker/static_files.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

#include <doctest/doctest.h>

#include "support/temporary_folder.h"
#include "unit/worker/served_file.h"

namespace appserver::worker {
namespace {

using namespace testing;
using http::Field;
using std::chrono::seconds;

// A folder `www`, served below /s, with something outside that must never be seen.
struct Site {
  Site() {
    std::filesystem::create_directories(folder / "www/sub");
    write_file(folder / "secret", "secret");
    write("index.html", "start");
    write("a.txt", "plain");
    write("sub/b.css", "style");
  }
  void write(const std::string& name, std::string_view content, time_t changed = 784111777) const {
    write_file(folder / ("www/" + name), content, changed);
  }
  void link(const std::string& name, const std::string& target) const {
    std::filesystem::create_symlink(target, folder / ("www/" + name));
  }
  [[nodiscard]] std::string mount(const std::string& prefix) const {
    return prefix + "=" + (folder / "www").string();
  }
  [[nodiscard]] FileAnswer answer(std::string_view method, std::string_view path,
                                  std::vector<Field> fields = {}) const {
    const auto files = StaticFiles::open({mount("/s")}, seconds(0));
    REQUIRE(files);
    REQUIRE(files->matches(path.substr(0, path.find('?'))));
    auto answer = files->answer(request(method, path, std::move(fields)));
    REQUIRE(answer);
    CHECK(answer->content_length == body_of(*answer).size());
    return std::move(*answer);
  }
  [[nodiscard]] FileAnswer get(std::string_view path, std::vector<Field> fields = {}) const {
    return answer("GET", path, std::move(fields));
  }

  test::TemporaryFolder folder;
};

TEST_CASE("StaticFiles: serves files by their names, with a type") {
  const Site site;
  const FileAnswer answer = site.get("/s/sub/b.css");
  CHECK(answer.status == 200);
  CHECK(body_of(answer) == "style");
  CHECK(field(answer, "Content-Type") == "text/css; charset=utf-8");
  CHECK(field(answer, "Cache-Control") == "no-cache");
  CHECK_FALSE(field(answer, "ETag").empty());
  CHECK_FALSE(field(answer, "Last-Modified").empty());
  CHECK(body_of(site.get("/s/%61.txt?x=1")) == "plain");
  CHECK(site.answer("HEAD", "/s/a.txt").content_length == 5);
  CHECK(site.get("/s/a.txt", {{"If-None-Match", field(site.get("/s/a.txt"), "ETag")}}).status ==
        304);
  CHECK(body_of(site.get("/s/a.txt", {{"Range", "bytes=1-2"}})) == "la");
}

TEST_CASE("StaticFiles: a folder is its index.html, behind a slash") {
  const Site site;
  CHECK(body_of(site.get("/s/")) == "start");
  CHECK(field(site.get("/s/"), "Content-Type") == "text/html; charset=utf-8");
  CHECK(site.get("/s/sub/").status == 404);  // No index, and never a listing.
  std::filesystem::create_directories(site.folder / "www/odd/index.html");
  CHECK(site.get("/s/odd/").status == 404);
  CHECK(site.get("/s/a.txt/").status == 404);
}

TEST_CASE("StaticFiles: a folder without a slash is redirected, query included") {
  const Site site;
  const FileAnswer answer = site.get("/s/sub?a=b&c");
  CHECK(answer.status == 301);
  CHECK(field(answer, "Location") == "/s/sub/?a=b&c");
  CHECK(field(answer, "Cache-Control") == "no-cache");
  CHECK(field(site.get("/s"), "Location") == "/s/");
  CHECK(field(site.get("/%73/s%75b"), "Location") == "/%73/s%75b/");
}

TEST_CASE("StaticFiles: no redirect leads to another host") {
  const Site site;
  std::filesystem::create_directories(site.folder / "www/evil.example");
  const auto files = StaticFiles::open({site.mount("/")}, seconds(0));
  REQUIRE(files);
  for (const char* path : {"//evil.example", "/%2fevil.example", "/%5cevil.example",
                           "/.//evil.example", "///evil.example"}) {
    CAPTURE(path);
    CHECK(files->answer(request("GET", path))->status == 404);
  }
  CHECK(field(*files->answer(request("GET", "/evil.example")), "Location") == "/evil.example/");
}

TEST_CASE("StaticFiles: what is outside, hidden, or no file is not found") {
  const Site site;
  site.write(".env", "key");
  std::filesystem::create_directories(site.folder / "www/.git");
  site.write(".git/config", "key");
  site.link("out", "../secret");
  site.link("out_absolute", (site.folder / "secret").string());
  site.link("out_folder", "..");
  site.link("out_and_in", "../www/a.txt");
  site.link("proc", "/proc/self/root");
  site.link("loop", "loop");
  REQUIRE(::mkfifo((site.folder / "www/fifo").c_str(), 0600) == 0);
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  (site.folder / "www/socket").string().copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);

  for (const std::string& path : std::vector<std::string>{"/none",
                                                          "/none/a",
                                                          "/sub/none",
                                                          "/../secret",
                                                          "/sub/../../secret",
                                                          "/%2e%2e/secret",
                                                          "/..%2fsecret",
                                                          "/..%5csecret",
                                                          "/%2e%2e%2fsecret",
                                                          "/.%2e/secret",
                                                          "//secret",
                                                          "/sub//b.css",
                                                          "/./a.txt",
                                                          "/a.txt/.",
                                                          "/.env",
                                                          "/%2eenv",
                                                          "/.git/config",
                                                          "/out",
                                                          "/out_absolute",
                                                          "/out_folder/secret",
                                                          "/out_folder/",
                                                          "/out_folder",
                                                          "/out_and_in",
                                                          "/proc/etc/passwd",
                                                          "/loop",
                                                          "/fifo",
                                                          "/socket",
                                                          "/a.txt%20",
                                                          "/A.TXT",
                                                          "/a.txt/b",
                                                          "/" + std::string(255, 'x'),
                                                          "/" + std::string(256, 'x'),
                                                          "/" + std::string(5000, 'x'),
                                                          "/a.txt%ff"}) {
    CAPTURE(path);
    const FileAnswer answer = site.get("/s" + path);
    CHECK(answer.status == 404);
    CHECK(body_of(answer).find("secret") == std::string::npos);
  }
  std::string deep = "/s";
  for (int i = 0; i < 3000; ++i) {
    deep += "/x";
  }
  CHECK(site.get(deep).status == 404);
  CHECK(site.get("/s/a%00.txt").status == 400);
  CHECK(site.get("/s/a%2").status == 400);
}

TEST_CASE("StaticFiles: a symbolic link that stays inside is followed") {
  const Site site;
  site.link("current", "sub");
  site.link("same.txt", "sub/../a.txt");
  CHECK(body_of(site.get("/s/current/b.css")) == "style");
  CHECK(body_of(site.get("/s/same.txt")) == "plain");
  CHECK(site.get("/s/current").status == 301);
}

TEST_CASE("StaticFiles: what .well-known has is served") {
  const Site site;
  std::filesystem::create_directories(site.folder / "www/.well-known");
  site.write(".well-known/security.txt", "Contact: x");
  CHECK(body_of(site.get("/s/.well-known/security.txt")) == "Contact: x");
}

TEST_CASE("StaticFiles: a file that may not be read is forbidden") {
  if (::geteuid() == 0) {
    MESSAGE("not checked: root may read everything");
    return;
  }
  const Site site;
  std::filesystem::permissions(site.folder / "www/a.txt", std::filesystem::perms::none);
  CHECK(site.get("/s/a.txt").status == 403);
}

TEST_CASE("StaticFiles: files can only be read") {
  const Site site;
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get", "GETX"}) {
    CAPTURE(method);
    for (const char* path : {"/s/a.txt", "/s/none", "/s/../secret"}) {
      const FileAnswer answer = site.answer(method, path);
      CHECK(answer.status == 405);
      CHECK(field(answer, "Allow") == "GET, HEAD");
    }
  }
}

TEST_CASE("StaticFiles: the longest prefix wins, and what has none is not ours") {
  const Site site;
  const auto files = StaticFiles::open(
      {site.mount("/s"), "/s/deep=" + (site.folder / "www/sub").string(), site.mount("/t")},
      seconds(0));
  REQUIRE(files);
  CHECK(files->answer(request("GET", "/s/deep/b.css"))->status == 200);
  CHECK(files->answer(request("GET", "/s/deep/a.txt"))->status == 404);
  CHECK(files->answer(request("GET", "/s/deeper/b.css"))->status == 404);
  CHECK(files->answer(request("GET", "/t/a.txt"))->status == 200);
  for (const char* path : {"/", "/sx", "/S/a.txt", "/x/s/a.txt", "*", "//s/a.txt", "/s%2fa.txt"}) {
    CAPTURE(path);
    CHECK_FALSE(files->matches(path));
    CHECK_FALSE(files->answer(request("GET", path)));
  }
}

TEST_CASE("StaticFiles: nothing is served unless asked for") {
  CHECK_FALSE(StaticFiles().matches("/"));
  CHECK_FALSE(StaticFiles().answer(request("GET", "/")));
  const auto files = StaticFiles::open({}, seconds(0));
  REQUIRE(files);
  CHECK_FALSE(files->matches("/"));
}

TEST_CASE("StaticFiles: caches keep files as long as they are told to") {
  const Site site;
  const auto files = StaticFiles::open({site.mount("/s")}, seconds(3600));
  REQUIRE(files);
  CHECK(field(*files->answer(request("GET", "/s/a.txt")), "Cache-Control") == "max-age=3600");
  CHECK(field(*files->answer(request("GET", "/s/none")), "Cache-Control").empty());
}

TEST_CASE("StaticFiles: says which folder it cannot serve, and why") {
  const Site site;
  const auto error = [](const std::vector<std::string>& mounts) {
    const auto files = StaticFiles::open(mounts, seconds(0));
    return files ? std::string() : files.error().message;
  };
  const std::string none = (site.folder / "none").string();
  CHECK(error({"/s=" + none}).find(none + ": No such file or directory (ENOENT)") !=
        std::string::npos);
  CHECK(error({"/s=" + (site.folder / "secret").string()}).find("ENOTDIR") != std::string::npos);
  CHECK(error({"s=" + none}).find("/PREFIX=DIRECTORY") != std::string::npos);
  CHECK(error({site.mount("/s"), site.mount("/s/")}).find("given twice") != std::string::npos);
}

// A site whose script exists in all three forms.
struct PackedSite : Site {
  PackedSite() {
    write("app.js", "plain");
    write("app.js.br", "brotli");
    write("app.js.gz", "gzip");
  }
  [[nodiscard]] FileAnswer get_script(std::string_view accept) const {
    return get("/s/app.js", {{"Accept-Encoding", accept}});
  }
};

TEST_CASE("StaticFiles: a packed form is sent to who wants it (RFC 9110 section 12.5.3)") {
  const PackedSite site;
  struct Row {
    std::string accept, body;
  };
  for (const auto& [accept, body] : std::vector<Row>{{"", "plain"},
                                                     {"gzip", "gzip"},
                                                     {"br", "brotli"},
                                                     {"gzip, deflate, br", "brotli"},
                                                     {"gzip, br;q=0.9", "gzip"},
                                                     {"gzip;q=0.5, br;q=0.4", "gzip"},
                                                     {"gzip;q=0", "plain"},
                                                     {"br;q=0, gzip;q=0, *;q=1", "plain"},
                                                     {"*", "brotli"},
                                                     {"*;q=0", "plain"},
                                                     {"deflate", "plain"},
                                                     {"gzip;q=0.5, identity", "plain"},
                                                     {"gzip, identity", "gzip"},
                                                     {"identity;q=0, gzip", "gzip"}}) {
    CAPTURE(accept);
    const FileAnswer answer = site.get_script(accept);
    CHECK(body_of(answer) == body);
    CHECK(field(answer, "Vary") == "Accept-Encoding");
    CHECK(field(answer, "Content-Type") == "text/javascript; charset=utf-8");
    const std::string coding = body == "brotli" ? "br" : body == "gzip" ? "gzip" : "";
    CHECK(field(answer, "Content-Encoding") == coding);
  }
  CHECK(body_of(site.get("/s/app.js")) == "plain");
}

TEST_CASE("StaticFiles: each form has its own tag, and Vary also goes with 304") {
  const PackedSite site;
  const std::string tag = field(site.get_script("gzip"), "ETag");
  CHECK(tag != field(site.get_script("br"), "ETag"));
  CHECK(tag != field(site.get_script(""), "ETag"));
  const FileAnswer answer =
      site.get("/s/app.js", {{"Accept-Encoding", "gzip"}, {"If-None-Match", tag}});
  CHECK(answer.status == 304);
  CHECK(field(answer, "Vary") == "Accept-Encoding");
  CHECK(field(answer, "Content-Encoding").empty());
}

TEST_CASE("StaticFiles: a packed form that is older, missing, or no file is passed over") {
  const PackedSite site;
  site.write("app.js.br", "old", 784111776);
  CHECK(body_of(site.get_script("br, gzip;q=0.5")) == "gzip");
  CHECK(body_of(site.get_script("br")) == "plain");
  std::filesystem::remove(site.folder / "www/app.js.gz");
  std::filesystem::create_directory(site.folder / "www/app.js.gz");
  CHECK(body_of(site.get_script("gzip")) == "plain");
  std::filesystem::remove(site.folder / "www/app.js.gz");
  site.link("app.js.gz", "../secret");
  CHECK(body_of(site.get_script("gzip")) == "plain");
  // Without the plain file there is nothing.
  site.write("lone.js.gz", "gzip");
  CHECK(site.get("/s/lone.js", {{"Accept-Encoding", "gzip"}}).status == 404);
  CHECK(field(site.get("/s/lone.js.gz"), "Content-Type") == "application/gzip");
}

TEST_CASE("StaticFiles: what does not shrink has no packed form") {
  const Site site;
  site.write("a.png", "picture");
  site.write("a.png.gz", "gzip");
  const FileAnswer answer = site.get("/s/a.png", {{"Accept-Encoding", "gzip"}});
  CHECK(body_of(answer) == "picture");
  CHECK(field(answer, "Vary").empty());
}

}  // namespace
}  // namespace appserver::worker
