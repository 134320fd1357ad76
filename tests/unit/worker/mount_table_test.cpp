#include "worker/mount_table.h"

#include <string>

#include <doctest/doctest.h>

namespace appserver::worker {
namespace {

MountTable table_of(const std::vector<std::string>& texts) {
  std::vector<config::Mount> mounts;
  for (const std::string& text : texts) {
    mounts.push_back(config::parse_mount(text + "=app.so").value());
  }
  return MountTable(std::move(mounts));
}

// "0 /x": the mount's number and what its app sees; "none".
std::string found(const MountTable& table, std::string_view host, std::string_view path) {
  const auto match = table.find(host, path);
  return match ? std::to_string(match->mount) + " " + std::string(match->rest) : "none";
}

}  // namespace

TEST_CASE("MountTable: the longest path on whole segments has the request, in any order given") {
  for (const auto& table : {table_of({"/", "/api", "/api/v2"})}) {
    CHECK(found(table, "", "/") == "0 /");
    CHECK(found(table, "", "/x/y") == "0 /x/y");
    CHECK(found(table, "", "/api") == "1 /");
    CHECK(found(table, "", "/api/") == "1 /");
    CHECK(found(table, "", "/api/v1/x") == "1 /v1/x");
    CHECK(found(table, "", "/api/v2") == "2 /");
    CHECK(found(table, "", "/api/v2/x") == "2 /x");
    CHECK(found(table, "", "/api/v20") == "1 /v20");
  }
  CHECK(found(table_of({"/api/v2", "/", "/api"}), "", "/api/v2/x") == "0 /x");
}

TEST_CASE("MountTable: no trick of spelling leads to another mount") {
  const MountTable table = table_of({"/", "/api"});
  CHECK(found(table, "", "/apix") == "0 /apix");
  CHECK(found(table, "", "/API") == "0 /API");
  CHECK(found(table, "", "/api%2fx") == "0 /api%2fx");
  CHECK(found(table, "", "/api%2Fx") == "0 /api%2Fx");
  CHECK(found(table, "", "//api/x") == "0 //api/x");
  CHECK(found(table, "", "/./api/x") == "0 /./api/x");
  CHECK(found(table, "", "/x/../api") == "0 /x/../api");
  CHECK(found(table, "", "/api/../x") == "1 /../x");
  CHECK(found(table, "", "/api%") == "0 /api%");
  CHECK(found(table, "", "/ap%69/x") == "1 /x");  // RFC 3986 section 6.2.2: the same path.
  CHECK(found(table, "", "/api//x") == "1 //x");
  CHECK(found(table, "", "/api?x") == "0 /api?x");  // No path of a request has a query.
}

TEST_CASE("MountTable: a host goes before a wildcard, and that before a mount for all hosts") {
  const MountTable table =
      table_of({"/", "*.example.com/", "api.example.com/", "*.eu.example.com/", "[::1]/"});
  CHECK(found(table, "api.example.com", "/x") == "2 /x");
  CHECK(found(table, "API.Example.COM:8443", "/x") == "2 /x");
  CHECK(found(table, "api.example.com.", "/x") == "2 /x");
  CHECK(found(table, "api.example.com.:80", "/x") == "2 /x");
  CHECK(found(table, "www.example.com", "/x") == "1 /x");
  CHECK(found(table, "a.eu.example.com", "/x") == "3 /x");
  CHECK(found(table, "example.com", "/x") == "0 /x");
  CHECK(found(table, ".example.com", "/x") == "0 /x");
  CHECK(found(table, "xexample.com", "/x") == "0 /x");
  CHECK(found(table, "[::1]:80", "/x") == "4 /x");
  CHECK(found(table, "", "/x") == "0 /x");
}

TEST_CASE("MountTable: what a host's own mounts do not have goes to those for all hosts, or none") {
  const MountTable table = table_of({"/", "example.com/api"});
  CHECK(found(table, "example.com", "/api/x") == "1 /x");
  CHECK(found(table, "example.com", "/x") == "0 /x");
  CHECK(found(table, "other.com", "/api/x") == "0 /api/x");
  const MountTable strict = table_of({"/api", "example.com/site"});
  CHECK(found(strict, "example.com", "/") == "none");
  CHECK(found(strict, "other.com", "/site") == "none");
  CHECK(found(strict, "", "*") == "none");
}

TEST_CASE("MountTable: a request for the server as a whole is that of an app at the root") {
  CHECK(found(table_of({"/api", "/"}), "", "*") == "1 *");
}

}  // namespace appserver::worker
