// The example upload on the real server: what its README says, through reloads, with clients that
// leave, workers that are killed, and a disk that is full.
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <memory>
#include <signal.h>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/body_bytes.h"
#include "support/eventually.h"
#include "support/http_client.h"
#include "support/load_client.h"
#include "support/program_run.h"
#include "support/read_file.h"
#include "support/running_server.h"

using namespace appserver::test;

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kFileBytes = 200'000;

// Each upload is another file, of another length.
std::string content_of(std::size_t number) {
  return std::to_string(number) + varied(kFileBytes + number);
}

std::string chunk(std::string_view bytes) {
  char line[32];
  std::snprintf(line, sizeof line, "%zx\r\n", bytes.size());
  return line + std::string(bytes) + "\r\n";
}

// An upload that has sent its head and the first half of its body.
struct Upload {
  Upload(const Address& address, std::string whole)
      : client(std::make_unique<HttpClient>(address)), content(std::move(whole)) {
    client->send(
        "POST /files HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(content.size()) +
        "\r\n\r\n" + content.substr(0, content.size() / 2));
  }
  HttpResponse finish() {
    client->send(content.substr(content.size() / 2));
    return client->read_response("POST");
  }

  std::unique_ptr<HttpClient> client;
  std::string content;
};

struct Uploads {
  explicit Uploads(std::vector<std::string> extra = {})
      : server(example_app("upload"), 2, with_folder(std::move(extra))) {}

  std::vector<std::string> with_folder(std::vector<std::string> extra) {
    extra.insert(extra.end(), {"--env", "UPLOAD_DIR=" + folder.path().string()});
    return extra;
  }
  std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()));
  }
  // How many files the workers hold that have no name yet.
  std::size_t nameless() const {
    std::size_t count = 0;
    for (const WorkerEntry& worker : server.process.workers()) {
      std::error_code gone;
      for (fs::directory_iterator at("/proc/" + std::to_string(worker.pid) + "/fd", gone), end;
           !gone && at != end; at.increment(gone)) {
        const std::string target = fs::read_symlink(at->path(), gone).string();
        count += target.starts_with(folder.path().string() + "/") ? 1U : 0U;
      }
    }
    return count;
  }
  std::vector<Upload> begin(std::size_t count) const {
    std::vector<Upload> uploads;
    for (std::size_t i = 0; i < count; ++i) {
      uploads.emplace_back(server.address, content_of(i));
    }
    eventually(10s, "all of them are being received", [&] { return nameless() == count; });
    return uploads;
  }

  TemporaryFolder folder;
  RunningServer server;
};

void check_reload(const std::vector<std::string>& options) {
  Uploads uploads(options);
  const RunningServer& server = uploads.server;
  std::vector<Upload> running = uploads.begin(50);
  LoadClient load(server.address, "/", 4);
  load.wait_for_answers(50);
  uploads.server.process.send_signal(SIGHUP);
  uploads.server.process.wait_for_log("the generation is live generation=2");
  CHECK(uploads.entries() == 0);
  for (Upload& upload : running) {
    const HttpResponse stored = upload.finish();
    REQUIRE(stored.status == 201);
    CHECK(get(server.address, stored.header("Location")).body == upload.content);
  }
  running.clear();
  CHECK(uploads.entries() == 50);
  uploads.server.process.wait_for_generation(2, 2);
  CHECK(uploads.nameless() == 0);
  load.wait_for_answers(50);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
}

// A server whose files are on a disk of one MiB: a tmpfs in a namespace of its own, which only the
// server sees.
struct SmallDisk {
  static bool can_be_made() {
    return run_program("unshare",
                       {"--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"})
               .status.code == 0;
  }

  HttpResponse post(const std::string& body, const std::string& headers = "") const {
    return HttpClient(address).request("POST", "/files", body, headers);
  }
  // Without announcing its length.
  HttpResponse post_in_chunks(const std::string& body) const {
    HttpClient client(address);
    client.send("POST /files HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (std::size_t at = 0; at < body.size(); at += kFileBytes) {
      client.send(chunk(std::string_view(body).substr(at, kFileBytes)));
    }
    client.send("0\r\n\r\n");
    return client.read_response("POST");
  }

  TemporaryFolder folder;
  ServerProcess process{
      "/usr/bin/unshare",
      {"--map-root-user", "--mount", "sh", "-c",
       "mount -t tmpfs -o size=1m none \"$1\" && shift && exec \"$@\"", "sh",
       folder.path().string(), APPSERVERD_BINARY, "-b", "127.0.0.1:0", "--workers", "1", "--env",
       "UPLOAD_DIR=" + folder.path().string(), example_app("upload")}};
  Address address = process.wait_until_listening();
};

}  // namespace

TEST_CASE("upload: 50 uploads at once go on through a reload, and all arrive whole") {
  check_reload({});
}

TEST_CASE("upload: 50 uploads at once go on through a reload of a server with threads") {
  check_reload({"--threads", "2"});
}

TEST_CASE("upload: clients that leave and workers that are killed leave nothing behind") {
  Uploads uploads;
  uploads.begin(20).clear();
  eventually(10s, "they are given up", [&] { return uploads.nameless() == 0; });
  CHECK(uploads.entries() == 0);

  std::vector<Upload> cut = uploads.begin(10);
  for (const WorkerEntry& worker : uploads.server.process.workers()) {
    REQUIRE(::kill(worker.pid, SIGKILL) == 0);
  }
  for (const Upload& upload : cut) {
    upload.client->wait_for_end();
  }
  uploads.server.process.wait_for_workers(2);
  CHECK(uploads.nameless() == 0);
  CHECK(uploads.entries() == 0);
  CHECK(Upload(uploads.server.address, "works").finish().status == 201);
  CHECK(uploads.entries() == 1);
}

TEST_CASE("upload: what is too long is told before it is sent, and in the middle of its chunks") {
  const Uploads uploads({"--env", "UPLOAD_MAX_BYTES=1000000"});
  HttpClient announced(uploads.server.address);
  announced.send("POST /files HTTP/1.1\r\nHost: a\r\nContent-Length: 1000001\r\n\r\n");
  const HttpResponse refused = announced.read_response("POST");
  CHECK(refused.status == 413);
  CHECK(refused.announces_close());

  HttpClient chunked(uploads.server.address);
  chunked.send("POST /files HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  chunked.send(chunk(varied(999'999)));
  eventually(10s, "it is being received", [&] { return uploads.nameless() == 1; });
  chunked.send(chunk("aa") + "0\r\n\r\n");
  CHECK(chunked.read_response("POST").status == 413);
  eventually(10s, "it is given up", [&] { return uploads.nameless() == 0; });
  CHECK(uploads.entries() == 0);
}

TEST_CASE("upload: names that lead elsewhere lead nowhere") {
  const Uploads uploads;
  const std::string evil = uploads.folder.path().filename().string() + "-evil";
  const std::string form = "--b\r\nContent-Disposition: form-data; name=f; filename=\"../" + evil +
                           "\"\r\n\r\n"
                           "evil\r\n--b--\r\n";
  const HttpResponse stored =
      HttpClient(uploads.server.address)
          .request("POST", "/files", form, "Content-Type: multipart/form-data; boundary=b\r\n");
  REQUIRE(stored.status == 201);
  CHECK(stored.body.find("\"name\":\"" + evil + "\"") != std::string::npos);
  const std::string id = stored.body.substr(stored.body.find(R"("id":")") + 6, 32);
  CHECK(read_file(uploads.folder / id) == "evil");
  CHECK(uploads.entries() == 1);
  CHECK_FALSE(fs::exists(uploads.folder.path().parent_path() / evil));

  for (const std::string& path :
       {std::string("/files/..%2f..%2f..%2fetc%2fpasswd"), std::string("/files/%2fetc%2fpasswd"),
        std::string("/files/../../../etc/passwd"), "/files/." + id}) {
    CAPTURE(path);
    HttpClient client(uploads.server.address);
    CHECK(client.get(path).status == 404);
    CHECK(client.request("DELETE", path).status == 404);
    CHECK(HttpClient(uploads.server.address).request("PUT", path, "x").status == 404);
  }
  CHECK(get(uploads.server.address, "/files/" + id).body == "evil");
}

TEST_CASE("upload: a full disk is 507 with what to do, and takes files again when there is room") {
  if (!SmallDisk::can_be_made()) {
    MESSAGE("skipped: this user may not mount a small disk in a namespace of its own");
    return;
  }
  SmallDisk disk;
  const std::string too_much = varied(2'000'000);
  CHECK(disk.post(too_much).status == 507);  // Before the disk is filled: its length is known.
  const HttpResponse refused = disk.post_in_chunks(too_much);
  CHECK(refused.status == 507);
  CHECK(refused.body.find("delete files") != std::string::npos);
  disk.process.wait_for_log("writing a file: No space left on device");

  const HttpResponse first = disk.post(varied(700'000));
  REQUIRE(first.status == 201);
  CHECK(disk.post(varied(700'000)).status == 507);
  CHECK(disk.post_in_chunks(varied(700'000)).status == 507);
  CHECK(get(disk.address, first.header("Location")).body == varied(700'000));
  CHECK(HttpClient(disk.address).request("DELETE", first.header("Location")).status == 204);
  CHECK(disk.post_in_chunks(varied(700'000)).status == 201);
}

TEST_CASE("upload: a folder that cannot be used is no start, and the log says what to do") {
  const TemporaryFolder folder;
  const auto log_of_start = [](const fs::path& where, std::vector<std::string> options) {
    options.insert(options.end(), {"-b", "127.0.0.1:0", "--workers", "1", "--env",
                                   "UPLOAD_DIR=" + where.string(), example_app("upload")});
    ServerProcess server(std::move(options));
    CHECK(server.wait_for_exit().code == 4);
    return server.log();
  };
  CHECK(log_of_start(folder / "none", {}).find("make the folder, or name another one") !=
        std::string::npos);

  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
  std::vector<std::string> unprivileged;
  if (::geteuid() == 0) {  // Nothing is forbidden to root.
    unprivileged = {"--user", "nobody"};
  }
  CHECK(log_of_start(folder.path(), unprivileged).find("let the server's user write there") !=
        std::string::npos);
}

TEST_CASE("upload: a folder that vanishes is 500, and the rest of the service goes on") {
  Uploads uploads;
  fs::remove(uploads.folder.path());
  CHECK(Upload(uploads.server.address, "x").finish().status == 500);
  uploads.server.process.wait_for_log(uploads.folder.path().string() + ": beginning a file: ");
  CHECK(get(uploads.server.address, "/").status == 200);
}
