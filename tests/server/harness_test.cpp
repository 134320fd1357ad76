// What the other server tests stand on: shell scripts and scripted sockets take the server's place.
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/http_response.h"
#include "support/load_client.h"
#include "support/server_process.h"

using namespace appserver::test;

namespace {

constexpr const char* kBash = "/bin/bash";

// Accepts connections one after the other and answers each with its own bytes, after something was
// read, and a close.
class ScriptedPeer {
 public:
  explicit ScriptedPeer(std::vector<std::string> answers)
      : answers_(std::move(answers)), listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address.unix_path = (folder_ / "s").string();
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    address.unix_path.copy(local.sun_path, sizeof local.sun_path - 1);
    REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) == 0);
    REQUIRE(::listen(listener_.get(), 16) == 0);
    thread_ = std::thread([this] { run(); });
  }
  ~ScriptedPeer() { thread_.join(); }

  Address address;

 private:
  void run() {
    for (const std::string& answer : answers_) {
      const appserver::UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      char request[1024];
      if (::recv(client.get(), request, sizeof request, 0) > 0) {
        ::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
      }
    }
  }

  TemporaryFolder folder_;
  std::vector<std::string> answers_;
  appserver::UniqueFd listener_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("ServerProcess: exit status, output and log of a program") {
  ServerProcess process(kBash, {"-c", "echo out; echo err >&2; exit 3"});
  const ExitStatus status = process.wait_for_exit();
  CHECK(status.code == 3);
  CHECK_FALSE(status.signal.has_value());
  CHECK(process.output() == "out\n");
  CHECK(process.log() == "err\n");
}

TEST_CASE("ServerProcess: a signal that ends the program is told") {
  ServerProcess process(kBash, {"-c", "echo ready >&2; sleep 60"});
  process.wait_for_log("ready");
  process.send_signal(SIGKILL);
  const ExitStatus status = process.wait_for_exit();
  CHECK(status.signal == SIGKILL);
  CHECK_FALSE(status.code.has_value());
}

TEST_CASE("ServerProcess: nothing outlives it, not even grandchildren without a parent") {
  pid_t group = 0;
  {
    ServerProcess process(kBash, {"-c", "trap '' TERM; (sleep 60 & sleep 60 &); sleep 60; true"});
    group = process.pid();
    eventually(5s, "four processes", [&] { return process.processes().size() == 4; });
  }
  CHECK(processes_in_group(group).empty());
}

TEST_CASE("ServerProcess: finds workers and zygotes by their titles") {
  ServerProcess process(kBash, {"-c",
                                "(exec -a 'appserverd: worker 1 gen 2' sleep 60) &"
                                "(exec -a 'appserverd: worker 0 gen 2' sleep 60) &"
                                "(exec -a 'appserverd: zygote gen 2' sleep 60) &"
                                "(exec -a 'appserverd: worker 0 gen 2x' sleep 60) & wait"});
  const auto workers = process.wait_for_workers(2);
  CHECK(workers[0].slot == 0);
  CHECK(workers[1].slot == 1);
  CHECK(workers[1].generation == 2);
  CHECK(workers[1].parent == process.pid());
  eventually(5s, "the zygote", [&] { return process.zygotes().size() == 1; });
  CHECK(process.zygotes()[0].generation == 2);
}

TEST_CASE("find_listening_address: the formats of the log") {
  CHECK_FALSE(find_listening_address("listening at http://127.0.0.1:80").has_value());
  CHECK(find_listening_address("x listening at http://127.0.0.1:8080\n")->port == 8080);
  CHECK(find_listening_address("listening at http://127.0.0.1:81 (2 workers)\n")->port == 81);
  CHECK(find_listening_address("listening at unix:/tmp/s\n")->unix_path == "/tmp/s");
}

TEST_CASE("parse_response: bodies by length, by chunks, by close and not at all") {
  const auto fixed =
      parse_response("HTTP/1.1 200 OK\r\ncontent-LENGTH: 3\r\n\r\nabcHTTP", false, false);
  REQUIRE(fixed);
  CHECK(fixed->response.body == "abc");
  CHECK(fixed->size == 41);
  const std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n";
  CHECK(parse_response(chunked, false, false)->response.body == "abc0123456789");
  CHECK_FALSE(parse_response(chunked.substr(0, chunked.size() - 1), false, false));
  const std::string until_close = "HTTP/1.1 200 OK\r\n\r\nabc";
  CHECK_FALSE(parse_response(until_close, false, false));
  CHECK(parse_response(until_close, false, true)->response.body == "abc");
  CHECK(parse_response("HTTP/1.1 204 No Content\r\n\r\n", false, false)->response.status == 204);
  CHECK(parse_response("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true, false)
            ->response.body.empty());
  CHECK_THROWS(parse_response("HTTP/1.1 2000 OK\r\n\r\n", false, false));
  CHECK_THROWS(parse_response("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", false, false));
}

TEST_CASE("LoadClient: tells answers, announced and unannounced closes apart") {
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n";
  ScriptedPeer peer({ok + "\r\nok", ok + "Connection: close\r\n\r\nok", "HTTP/1.1 200",
                     "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                     "junk\r\n\r\n"});
  LoadClient load(peer.address, "/", 1);
  eventually(5s, "all five answers", [&] { return load.counts().malformed == 1; });
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.answered.at("ok") == 2);
  CHECK(counts.announced_closes == 2);
  // The first answer is followed by a close that nobody announced, the third is cut off.
  CHECK(counts.unannounced_closes + counts.resets >= 2);
  CHECK(counts.other_statuses.at(503) == 1);
  CHECK(counts.malformed == 1);
}

TEST_CASE("LoadClient: counts what is refused") {
  const TemporaryFolder folder;
  LoadClient load({.unix_path = (folder / "nobody").string()}, "/", 1);
  eventually(5s, "a refused connection", [&] { return load.counts().refused > 0; });
  CHECK(load.stop().answered_in_all() == 0);
  CHECK_FALSE(accepts_connections({.unix_path = (folder / "nobody").string()}));
  CHECK_THROWS(HttpClient({.unix_path = (folder / "nobody").string()}));
}
