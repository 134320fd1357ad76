// Addresses that come and go with a reload, while clients use all of them.
#include <atomic>
#include <filesystem>
#include <memory>
#include <netinet/in.h>
#include <random>
#include <signal.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/load_client.h"
#include "support/running_server.h"
#include "support/text_search.h"

using namespace appserver::test;

namespace {

// A port that is free now. Nobody else takes it soon: the kernel gives out others first.
Address free_port() {
  // Below the range from which the kernel gives ports to everybody who asks for any: other tests
  // that run at the same time do not take it. ip(7), ip_local_port_range.
  constexpr int kFirst = 20'000;
  constexpr unsigned kCount = 12'000;
  // Tests that run at the same time have neighbouring process ids.
  static int next = static_cast<int>(std::random_device{}() % kCount);
  while (true) {
    const appserver::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto port = static_cast<std::uint16_t>(kFirst + next++ % static_cast<int>(kCount));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    address.sin_port = ::htons(port);
    if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
      return Address{.port = port};
    }
  }
}

std::string bind_text(const Address& address) {
  return address.unix_path.empty() ? "127.0.0.1:" + std::to_string(address.port)
                                   : "unix:" + address.unix_path;
}

// A server whose configuration is a file that the test changes. The kept address, 127.0.0.1:0, is
// there from the start.
class ChangingServer {
 public:
  explicit ChangingServer(const std::vector<Address>& more = {}, unsigned workers = 2,
                          std::vector<std::string> extra = {}) {
    std::filesystem::copy_file(fixture_app("good_v1"), app());
    configure(more);
    std::vector<std::string> arguments = {"-c", config().string(), "--workers",
                                          std::to_string(workers)};
    arguments.insert(arguments.end(), extra.begin(), extra.end());
    arguments.push_back(app().string());
    process_ = std::make_unique<ServerProcess>(std::move(arguments));
    kept = process_->wait_until_listening();
    process_->wait_for_workers(workers);
    process_->wait_for_log("is live generation=1");
  }

  void configure(const std::vector<Address>& more, const std::string& further = "") {
    std::string text = "bind = [\"127.0.0.1:0\"";
    for (const Address& address : more) {
      text += ", \"" + bind_text(address) + "\"";
    }
    write_over(config(), text + "]\n" + further);
  }
  // Reloads and waits until the new generation is live.
  void reload(const std::vector<Address>& more, const std::string& further = "") {
    configure(more, further);
    process_->send_signal(SIGHUP);
    process_->wait_for_log("is live generation=" + std::to_string(++generation_));
  }

  [[nodiscard]] std::filesystem::path config() const { return folder_ / "server.toml"; }
  [[nodiscard]] std::filesystem::path app() const { return folder_ / "app.so"; }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }
  ServerProcess& process() { return *process_; }

  Address kept;

 private:
  TemporaryFolder folder_;
  std::unique_ptr<ServerProcess> process_;
  unsigned generation_ = 1;
};

constexpr const char* kRequest = "GET / HTTP/1.1\r\nHost: test\r\n\r\n";

// Clients of `address` that no worker accepts, since its only one has a connection already; then
// the address is dropped.
void check_queue_is_answered(ChangingServer& server, const Address& address) {
  HttpClient holder(server.kept);
  CHECK(holder.get("/").body == "v1");
  std::vector<std::unique_ptr<HttpClient>> waiting;
  for (int i = 0; i < 50; ++i) {
    waiting.push_back(std::make_unique<HttpClient>(address));
    waiting.back()->send(kRequest);
  }
  CHECK_FALSE(waiting.front()->has_input());
  server.reload({});
  for (auto& client : waiting) {
    CHECK(client->read_response().body == "v1");
    CHECK(client->get("/").body == "v1");  // And goes on: its connection outlives the address.
  }
  CHECK(holder.get("/").body == "v1");
  server.process().wait_for_log("stopped listening");
  CHECK_FALSE(accepts_connections(address));
}

// Makes one connection after the other, each for one request, whether somebody listens or not.
class Knocker {
 public:
  explicit Knocker(Address address) : address_(std::move(address)), thread_([this] { knock(); }) {}
  ~Knocker() { stop(); }
  Knocker(const Knocker&) = delete;
  Knocker& operator=(const Knocker&) = delete;

  void stop() {
    stopping = true;
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  std::atomic<unsigned> connected = 0;
  std::atomic<unsigned> answered = 0;
  std::atomic<unsigned> refused = 0;

 private:
  void knock() {
    while (!stopping) {
      try {
        HttpClient client(address_);
        ++connected;
        answered += client.get("/").body == "v1" ? 1 : 0;
      } catch (const std::runtime_error&) {
        ++refused;  // Or lost, which the other two numbers tell.
      }
    }
  }

  const Address address_;
  std::atomic<bool> stopping = false;
  std::thread thread_;
};

}  // namespace

TEST_CASE("changed binds: a new address serves, a kept one never notices, a dropped one refuses") {
  const Address other = free_port();
  ChangingServer server;
  LoadClient load(server.kept, "/", 8);
  load.wait_for_answers(100);
  const Address local{.unix_path = server.path("app.sock")};
  server.reload({other, local});
  CHECK(get(other, "/").body == "v1");
  CHECK(get(local, "/").body == "v1");
  load.wait_for_answers(100);
  server.reload({local});
  server.process().wait_for_log("stopped listening address=http://" + bind_text(other));
  CHECK_FALSE(accepts_connections(other));
  CHECK(get(local, "/").body == "v1");
  server.reload({other});
  CHECK(get(other, "/").body == "v1");
  eventually(10s, "the socket's file is gone",
             [&local] { return !std::filesystem::exists(local.unix_path); });
  load.wait_for_answers(100);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
  CHECK(counts.announced_closes == 0);
  // The kept socket was opened once, and nothing else was opened more often than it was dropped.
  CHECK(occurrences(server.process().log(),
                    "listening at " + ("http://" + bind_text(server.kept))) == 1);
}

TEST_CASE("changed binds: connections that came by an address outlive it") {
  const Address other = free_port();
  ChangingServer server({other});
  LoadClient load(other, "/", 8);
  load.wait_for_answers(100);
  server.reload({});
  server.process().wait_for_log("stopped listening");
  load.wait_for_answers(100);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
  CHECK(counts.announced_closes == 0);
}

TEST_CASE("changed binds: whoever waits in the queue of a dropped TCP address is answered") {
  const Address other = free_port();
  ChangingServer server({other}, 1, {"--worker-connections", "1"});
  check_queue_is_answered(server, other);
}

TEST_CASE("changed binds: whoever waits in the queue of a dropped unix socket is answered") {
  const TemporaryFolder folder;
  const Address local{.unix_path = folder / "app.sock"};
  ChangingServer server({local}, 1, {"--worker-connections", "1"});
  check_queue_is_answered(server, local);
}

TEST_CASE("changed binds: who got in is answered, however often the address comes and goes") {
  const Address other = free_port();
  ChangingServer server({other});
  const Address local{.unix_path = server.path("app.sock")};
  Knocker tcp(other);
  Knocker unix_socket(local);
  LoadClient load(server.kept, "/", 4);
  for (int i = 0; i < 10; ++i) {
    server.reload({local});
    eventually(10s, "clients by the unix socket",
               [&, before = unix_socket.answered.load()] { return unix_socket.answered > before; });
    server.reload({other});
    eventually(10s, "clients by the port",
               [&, before = tcp.answered.load()] { return tcp.answered > before; });
  }
  tcp.stop();
  unix_socket.stop();
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
  CHECK(tcp.connected == tcp.answered);
  CHECK(unix_socket.connected == unix_socket.answered);
  CHECK(unix_socket.refused > 0);
}

TEST_CASE("changed binds: an address that cannot be opened refuses the reload, and nothing else") {
  const Address other = free_port();
  const Address third = free_port();
  ChangingServer server({other});
  const auto before = server.process().workers();
  server.configure({third, server.kept});  // The port of its own socket, by another name.
  server.process().send_signal(SIGHUP);
  server.process().wait_for_log("reload refused");
  CHECK(server.process().wait_for_log_line("reload refused").find(bind_text(server.kept)) !=
        std::string::npos);
  CHECK_FALSE(accepts_connections(third));
  CHECK(get(other, "/").body == "v1");
  CHECK(server.process().workers().at(0).pid == before.at(0).pid);
  // The socket that was not opened is free for the next try.
  server.reload({third});
  CHECK(get(third, "/").body == "v1");
}

TEST_CASE("changed binds: a release that fails takes its new addresses with it, and no old one") {
  const Address other = free_port();
  const Address third = free_port();
  ChangingServer server({other});
  const Address local{.unix_path = server.path("app.sock")};
  copy_over(fixture_app("load_hook_fails"), server.app());
  server.configure({third, local});
  server.process().send_signal(SIGHUP);
  server.process().wait_for_log("the generation failed");
  server.process().wait_for_log("stopped listening address=http://" + bind_text(third));
  eventually(5s, "the new addresses are closed", [&] {
    return !accepts_connections(third) && !std::filesystem::exists(local.unix_path);
  });
  CHECK(get(other, "/").body == "v1");
  CHECK(get(server.kept, "/").body == "v1");
}

TEST_CASE("changed binds: a zygote that comes back serves the addresses of its generation") {
  const Address other = free_port();
  ChangingServer server({}, 1);
  server.reload({other});
  eventually(10s, "one zygote", [&] { return server.process().zygotes().size() == 1; });
  REQUIRE(::kill(server.process().zygotes().at(0).pid, SIGKILL) == 0);
  server.process().wait_for_log("the zygote ended");
  eventually(10s, "another zygote", [&] { return server.process().zygotes().size() == 1; });
  const pid_t worker = server.process().workers().at(0).pid;
  REQUIRE(::kill(worker, SIGKILL) == 0);
  eventually(10s, "another worker", [&] {
    const auto workers = server.process().workers();
    return workers.size() == 1 && workers[0].pid != worker;
  });
  CHECK(get(other, "/").body == "v1");
  CHECK(get(server.kept, "/").body == "v1");
}

TEST_CASE("changed binds: an upgrade in place knows which sockets are there") {
  const Address other = free_port();
  const Address third = free_port();
  ChangingServer server({other});
  LoadClient load(server.kept, "/", 4);
  server.reload({other, third});
  server.process().send_signal(SIGUSR2);
  server.process().wait_for_log("the program was upgraded in place");
  server.reload({third});
  server.process().wait_for_log("stopped listening address=http://" + bind_text(other));
  CHECK(get(third, "/").body == "v1");
  load.wait_for_answers(50);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
  CHECK(occurrences(server.process().log(), "listening at http://" + bind_text(third)) == 1);
}

TEST_CASE("changed binds: a kept unix socket follows its mode, and what cannot follow is told") {
  ChangingServer server;
  const Address local{.unix_path = server.path("app.sock")};
  const auto mode = [&] {
    struct stat status {};
    REQUIRE(::lstat(local.unix_path.c_str(), &status) == 0);
    return status.st_mode & 07777U;
  };
  server.reload({local}, "socket_mode = \"0600\"\n");
  CHECK(mode() == 0600);
  server.reload({local}, "socket_mode = \"0666\"\nbacklog = 7\npid = \"/run/other.pid\"\n");
  eventually(5s, "the new mode", [&] { return mode() == 0666; });
  CHECK(server.process().wait_for_log_line("needs a restart").find("--pid") != std::string::npos);
  CHECK(occurrences(server.process().log(), "listening at unix:") == 1);
  CHECK(get(local, "/").body == "v1");
}
