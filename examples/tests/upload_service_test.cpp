#include <filesystem>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <appserver/testing.hpp>

#include "temporary_folder.h"

using appserver::testing::Client;
using appserver::testing::Headers;
using appserver::testing::Reply;

namespace {

const Headers kForm{{"Content-Type", "multipart/form-data; boundary=xyz"}};

std::string form_of(const std::string& parts) {
  return parts + "--xyz--\r\n";
}

std::string part(const std::string& disposition, const std::string& content) {
  return "--xyz\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n";
}

// The whole service with a folder of its own, and files of at most 1000 bytes.
struct Service {
  Service() {
    ::setenv("UPLOAD_DIR", folder.path().c_str(), 1);
    ::setenv("UPLOAD_MAX_BYTES", "1000", 1);
    client.emplace(appserver_app_v1);
  }

  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(
        std::filesystem::directory_iterator(folder.path()), std::filesystem::directory_iterator()));
  }
  std::string add(const std::string& content, const std::string& name = "a.txt") {
    const Reply added = client->post("/files?name=" + name, content);
    REQUIRE(added.status == 201);
    return std::string(added.header("Location"));
  }

  TemporaryFolder folder;
  std::optional<Client> client;  // goes before its folder
};

}  // namespace

TEST_CASE("upload: a file is stored, listed, read in parts, replaced and deleted") {
  Service service;
  Client& client = *service.client;
  const std::string url = service.add("0123456789", "%E2%82%AC.txt");
  const Reply read = client.get(url);
  CHECK(read.status == 200);
  CHECK(read.body == "0123456789");
  CHECK(read.header("Content-Type") == "application/octet-stream");
  CHECK(read.header("X-Content-Type-Options") == "nosniff");
  CHECK(read.header("Content-Disposition") ==
        "attachment; filename=\"___.txt\"; filename*=UTF-8''%E2%82%AC.txt");
  CHECK(client.get("/files").body.find(R"("name":"€.txt","size":10,"url":")" + url + "\"") !=
        std::string::npos);
  const Reply range = client.get(url, {{"Range", "bytes=2-4"}});
  CHECK(range.status == 206);
  CHECK(range.body == "234");
  const std::string tag(read.header("ETag"));
  CHECK(client.get(url, {{"If-None-Match", tag}}).status == 304);

  CHECK(client.put(url, "new").status == 200);
  CHECK(client.get(url).body == "new");
  CHECK(client.get(url).header("ETag") != tag);
  CHECK(client.get(url).header("Content-Disposition") == read.header("Content-Disposition"));
  CHECK(client.put(url + "?name=b.txt", "newer").status == 200);
  CHECK(client.get(url).header("Content-Disposition").find("b.txt") != std::string::npos);
  CHECK(service.files() == 1);

  CHECK(client.del(url).status == 204);
  CHECK(client.get(url).status == 404);
  CHECK(client.del(url).status == 404);
  CHECK(client.put(url, "x").status == 404);
  CHECK(service.files() == 0);
}

TEST_CASE("upload: a body in pieces becomes a file at its end, and none when it breaks off") {
  Service service;
  {
    auto left = service.client->start("POST", "/files");
    left.send("half");
    CHECK(service.files() == 0);
  }
  CHECK(service.files() == 0);
  auto whole = service.client->start("POST", "/files");
  whole.send("one ");
  whole.send("two");
  CHECK(service.files() == 0);
  const Reply added = whole.finish();
  CHECK(added.status == 201);
  CHECK(service.client->get(added.header("Location")).body == "one two");
  CHECK(service.files() == 1);
}

TEST_CASE("upload: too long is 413, before reading when the length is announced") {
  Service service;
  auto announced = service.client->start("POST", "/files", {{"Content-Length", "1001"}});
  CHECK(announced.is_answered());
  CHECK(announced.finish().status == 413);
  auto chunked = service.client->start("POST", "/files");
  chunked.send(std::string(600, 'a'));
  chunked.send(std::string(600, 'a'));
  CHECK(chunked.finish().status == 413);
  const std::string url = service.add(std::string(1000, 'a'));
  auto replacing = service.client->start("PUT", url);
  replacing.send(std::string(1001, 'b'));
  CHECK(replacing.finish().status == 413);
  CHECK(service.client->get(url).body == std::string(1000, 'a'));
  const std::string form = form_of(part("name=a; filename=a", std::string(1000, 'a')));
  auto chunked_form = service.client->start("POST", "/files", kForm);
  chunked_form.send(form);
  CHECK(chunked_form.finish().status == 413);
  CHECK(service.files() == 1);
}

TEST_CASE("upload: all files of a form are stored, or none") {
  Service service;
  Client& client = *service.client;
  const std::string two = part("name=a; filename=\"../../a\"", "A") + part("name=note", "no file") +
                          part("name=b; filename=\"\"", "") + part("name=c; filename=c", "CC");
  CHECK(client.post("/files", two, kForm).status == 400);  // its end is missing
  CHECK(service.files() == 0);
  const Reply added = client.post("/files", form_of(two), kForm);
  CHECK(added.status == 201);
  CHECK(service.files() == 2);
  CHECK(added.body.find(R"("name":"a","size":1)") != std::string::npos);
  CHECK(added.body.find(R"("name":"c","size":2)") != std::string::npos);
  CHECK(client.post("/files", form_of(part("name=note", "no file")), kForm).status == 422);
  CHECK(service.files() == 2);
}

TEST_CASE("upload: what is not an id of ours leads nowhere") {
  Service service;
  Client& client = *service.client;
  const std::string id = service.add("x").substr(std::string("/files/").size());
  const std::vector<std::string> paths{"..%2F" + id, "%2Fetc%2Fpasswd", "..",     "%2e%2e",    ".",
                                       id + "%2F",   id + "%2F..",      "." + id, ".passing-1"};
  for (const std::string& path : paths) {
    CAPTURE(path);
    CHECK(client.get("/files/" + path).status == 404);
    CHECK(client.put("/files/" + path, "y").status == 404);
    CHECK(client.del("/files/" + path).status == 404);
  }
  CHECK(client.get("/files/../files/" + id).status == 404);
  CHECK(service.files() == 1);
}

TEST_CASE("upload: pages of the list, and mistakes in asking for them") {
  Service service;
  std::string first = service.add("x");
  std::string second = service.add("x");
  if (second < first) {
    std::swap(first, second);
  }
  Client& client = *service.client;
  const std::string page = client.get("/files?limit=1").body;
  CHECK(page.find(first) != std::string::npos);
  CHECK(page.find(second) == std::string::npos);
  const std::string rest = client.get("/files?after=" + first.substr(7)).body;
  CHECK(rest.find(first) == std::string::npos);
  CHECK(rest.find(second) != std::string::npos);
  for (const char* limit : {"0", "1001", "x", "", "-1", "1x"}) {
    CAPTURE(limit);
    CHECK(client.get(std::string("/files?limit=") + limit).status == 400);
  }
}

TEST_CASE("upload: a folder that has vanished is 500 and told, and a wrong setting is no start") {
  Service service;
  std::filesystem::remove(service.folder.path());
  CHECK(service.client->post("/files", "x").status == 500);
  CHECK(service.client->get("/files").status == 500);
  REQUIRE(!service.client->log().empty());
  CHECK(service.client->log()[0].text.find(service.folder.path().string()) != std::string::npos);
  service.client.reset();
  CHECK_THROWS_AS(service.client.emplace(appserver_app_v1), std::runtime_error);
  std::filesystem::create_directory(service.folder.path());
  ::setenv("UPLOAD_MAX_BYTES", "1 GB", 1);
  CHECK_THROWS_AS(service.client.emplace(appserver_app_v1), std::runtime_error);
}
