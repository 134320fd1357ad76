#include "config/mount.h"

#include <doctest/doctest.h>

#include "config/invocation.h"
#include "config/toml_source.h"

namespace appserver::config {
namespace {

std::string refusal(std::string_view text) {
  const auto mount = parse_mount(text);
  return mount ? "" : mount.error().message;
}

std::string label(std::string_view text) {
  return label_of(parse_mount(text).value());
}

std::string toml_error(std::string_view document) {
  Options options;
  const auto applied = apply_toml(document, "app.toml", options);
  return applied ? "" : applied.error().message;
}

Result<Invocation> read(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "appserverd");
  return read_invocation(arguments, Environment{});
}

}  // namespace

TEST_CASE("Mount: host, path and file are told apart, and equal places have equal labels") {
  CHECK(parse_mount("/api=api.so").value() == Mount{"", "/api", "api.so"});
  CHECK(parse_mount("/=site.so").value() == Mount{"", "", "site.so"});
  CHECK(parse_mount("/a/b/=x=y.so").value() == Mount{"", "/a/b", "x=y.so"});
  CHECK(parse_mount("API.example.com./=/srv/a.so").value() ==
        Mount{"api.example.com", "", "/srv/a.so"});
  CHECK(label("/=x.so") == "/");
  CHECK(label("/api/=x.so") == "/api");
  CHECK(label("Example.com/=x.so") == "example.com/");
  CHECK(label("*.example.com/api=x.so") == "*.example.com/api");
  CHECK(label("[::1]/=x.so") == "[::1]/");
}

TEST_CASE("Mount: what is none is refused with the reason") {
  for (const char* text : {"", "api=api.so", "/api", "/api=", "=x.so", "example.com=x.so"}) {
    CAPTURE(text);
    CHECK(refusal(text).find("is not of the form") == 0);
  }
  for (const char* text : {"http://x/=x.so", "example.com:80/=x.so", "a*.com/=x.so", "*./=x.so",
                           ".com/=x.so", "a..b/=x.so", "a b/=x.so"}) {
    CAPTURE(text);
    CHECK_FALSE(refusal(text).empty());
  }
  for (const char* text : {"//=x.so", "/a//b=x.so", "/./a=x.so", "/a/..=x.so", "/a%62=x.so",
                           "/a b=x.so", "/a?b=x.so", "/a\\b=x.so"}) {
    CAPTURE(text);
    CHECK(refusal(text).find("has a path that no request has") == 0);
  }
}

TEST_CASE("Mount: APP is at the root, before the others") {
  Options options;
  options.app = "site.so";
  options.mounts = {"/api=api.so"};
  CHECK(mounts_of(options) == std::vector<Mount>{{"", "", "site.so"}, {"", "/api", "api.so"}});
  set_app(options, "/api", "new.so");
  set_app(options, "/", "/srv/site.so");
  CHECK(mounts_of(options) == std::vector<Mount>{{"", "", "/srv/site.so"}, {"", "/api", "new.so"}});
}

TEST_CASE("Mount: two apps at one place are refused, and both are named") {
  const auto both = read({"--mount", "/api=a.so", "--mount", "/api/=b.so"});
  REQUIRE_FALSE(both.has_value());
  CHECK(both.error().message == "two apps are at /api: a.so and b.so; mount one of them elsewhere");
  const auto root = read({"--mount", "/=b.so", "a.so"});
  REQUIRE_FALSE(root.has_value());
  CHECK(root.error().message ==
        "two apps are at /: a.so and b.so; mount one of them elsewhere (APP.so itself is at /)");
  CHECK(read({"--mount", "/=b.so"}).has_value());
  CHECK(read({"--mount", "/b=b.so", "a.so"}).has_value());
  CHECK_FALSE(read({"--mount", "b.so", "a.so"}).has_value());
}

TEST_CASE("Mount: a TOML file has tables, or the texts of the command line") {
  Options options;
  CHECK(apply_toml("workers = 1\n[[mount]]\nhost = \"API.example.com\"\napp = \"a.so\"\n"
                   "[[mount]]\npath = \"/b\"\napp = \"b.so\"\n",
                   "app.toml", options)
            .has_value());
  CHECK(mounts_of(options) ==
        std::vector<Mount>{{"api.example.com", "", "a.so"}, {"", "/b", "b.so"}});
  CHECK(apply_toml("mount = [\"/c=c.so\"]", "app.toml", options).has_value());
  CHECK(mounts_of(options) == std::vector<Mount>{{"", "/c", "c.so"}});
}

TEST_CASE("Mount: an error in a table is told with its line") {
  CHECK(toml_error("[[mount]]\npath = \"/a\"\n") == "app.toml:1: mount: a mount needs an app");
  CHECK(toml_error("[[mount]]\napp = \"a.so\"\npaht = \"/a\"\n") ==
        "app.toml:3: mount: unknown key 'paht'; did you mean 'path'?");
  CHECK(toml_error("[[mount]]\napp = 1\n").find("app.toml:2: mount: app: expected a text") == 0);
  CHECK(toml_error("[[mount]]\napp = \"a.so\"\npath = \"a\"\n") ==
        "app.toml:1: mount: path: 'a' does not begin with a slash");
  CHECK_FALSE(toml_error("[[mount]]\napp = \"a.so\"\nhost = \"a/b\"\n").empty());
}

}  // namespace appserver::config
