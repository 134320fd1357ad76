#include "worker/static_path.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

using namespace appserver::worker;

namespace {

// The relative path, "NAME/" for a folder, or the status of the refusal.
std::string read(std::string_view rest) {
  const auto path = read_static_path(rest);
  if (!path) {
    return std::to_string(path.error().status);
  }
  return path->relative + (path->names_folder ? "/" : "");
}

// The rest, or "elsewhere".
std::string below(std::string_view path, std::string_view prefix) {
  return std::string(path_below(path, prefix).value_or("elsewhere"));
}

}  // namespace

TEST_CASE("read_static_path: decodes once") {
  CHECK(read("") == "");
  CHECK(read("/") == "/");
  CHECK(read("/a") == "a");
  CHECK(read("/a/b.c") == "a/b.c");
  CHECK(read("/a/") == "a/");
  CHECK(read("/a%20b/%C3%A4") == "a b/\xc3\xa4");
  CHECK(read("/%61") == "a");
  CHECK(read("/100%25") == "100%");
  CHECK(read("/%252e%252e/a") == "%2e%2e/a");
  CHECK(read("/a%3fb%23") == "a?b#");
  CHECK(read("/a+b") == "a+b");
  CHECK(read("/.well-known/security.txt") == ".well-known/security.txt");
}

TEST_CASE("read_static_path: a malformed escape and NUL are bad requests") {
  for (const std::string_view rest : {"/%", "/a%", "/%2", "/%zz", "/%0", "/%2/a", "/%%32", "/%-1",
                                      "/%00", "/a%00.html", "/a/%00", "/% 1"}) {
    CAPTURE(rest);
    CHECK(read(rest) == "400");
  }
}

TEST_CASE("read_static_path: what others could read as another file does not exist") {
  for (const std::string_view rest :
       {"/..",        "/../a",         "/a/../b",     "/a/..",   "/.",          "/./a",
        "/a/.",       "/a/./b",        "/%2e%2e/a",   "/%2E%2e", "/.%2e/a",     "/%2e./a",
        "/a/%2e",     "/..%2fa",       "/%2e%2e%2fa", "/a%2fb",  "/a%2F..%2Fb", "/%2fetc",
        "/a%5cb",     "/..%5c..%5cb",  "/%5c",        "//",      "//a",         "/a//b",
        "/a//",       "///etc/passwd", "/../",        "/...",    "/.../a",      "/..;/a",
        "/%2e%2e;/a", "/.%252e/a"}) {
    CAPTURE(rest);
    CHECK(read(rest) == "404");
  }
}

TEST_CASE("read_static_path: hidden names do not exist") {
  for (const std::string_view rest : {"/.git/config", "/.env", "/a/.htaccess", "/%2eenv", "/.git/",
                                      "/.well-known2", "/.Well-known/a", "/.well-known/.a"}) {
    CAPTURE(rest);
    CHECK(read(rest) == "404");
  }
}

TEST_CASE("path_below: a prefix ends where a segment ends") {
  CHECK(below("/assets/a", "/assets") == "/a");
  CHECK(below("/assets", "/assets") == "");
  CHECK(below("/assets/", "/assets") == "/");
  CHECK(below("/assetsa", "/assets") == "elsewhere");
  CHECK(below("/asset", "/assets") == "elsewhere");
  CHECK(below("/Assets/a", "/assets") == "elsewhere");
  CHECK(below("//assets/a", "/assets") == "elsewhere");
  CHECK(below("/x/assets/a", "/assets") == "elsewhere");
  CHECK(below("/a/b/c", "/a/b") == "/c");
  CHECK(below("/a", "") == "/a");
  CHECK(below("/", "") == "/");
  CHECK(below("*", "") == "elsewhere");
  CHECK(below("*", "/assets") == "elsewhere");
  CHECK(below("", "/assets") == "elsewhere");
}

TEST_CASE("path_below: escapes in the prefix are the letters, an escaped slash is none") {
  CHECK(below("/%61ss%65ts/%61", "/assets") == "/%61");
  CHECK(below("/my%20files/a", "/my files") == "/a");
  CHECK(below("/assets%2fa", "/assets") == "elsewhere");
  CHECK(below("%2fassets/a", "/assets") == "elsewhere");
  CHECK(below("/a%2fb/c", "/a/b") == "elsewhere");
  CHECK(below("/asset%7", "/assets") == "elsewhere");
  CHECK(below("/asset%", "/assets") == "elsewhere");
  CHECK(below("/asset%zz/a", "/assets") == "elsewhere");
}

TEST_CASE("parse_mount_point: /PREFIX=DIRECTORY") {
  const auto point = parse_mount_point("/assets=/var/www");
  REQUIRE(point);
  CHECK(point->prefix == "/assets");
  CHECK(point->directory == "/var/www");
  CHECK(parse_mount_point("/assets/=www")->prefix == "/assets");
  CHECK(parse_mount_point("/=www")->prefix == "");
  CHECK(parse_mount_point("/a/b c=x=y")->prefix == "/a/b c");
  CHECK(parse_mount_point("/a/b c=x=y")->directory == "x=y");
}

TEST_CASE("parse_mount_point: anything else is refused with its text") {
  for (const std::string_view text :
       {"", "/", "/a", "/a=", "=", "=www", "a=www", "//=www", "//a=www", "/a//b=www", "/a//=www",
        "/.=www", "/..=www", "/a/../b=www", "/a\\b=www", "/a\nb=www"}) {
    CAPTURE(text);
    const auto point = parse_mount_point(text);
    REQUIRE_FALSE(point);
    CHECK(point.error().message.find("\"" + std::string(text) + "\"") != std::string::npos);
  }
}
