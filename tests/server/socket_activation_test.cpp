// Listening sockets that somebody else opened, passed as systemd does (sd_listen_fds(3)).
#include <arpa/inet.h>
#include <fcntl.h>
#include <filesystem>
#include <netinet/in.h>
#include <signal.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/load_client.h"
#include "support/running_server.h"
#include "support/text_search.h"

using namespace appserver::test;

namespace {

// A socket as a .socket unit has it: not close-on-exec, so that the shell below can pass it on.
class UnitSocket {
 public:
  static UnitSocket tcp(int type = SOCK_STREAM) {
    UnitSocket unit(AF_INET, type);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    unit.bind(name);
    socklen_t size = sizeof name;
    REQUIRE(::getsockname(unit.fd(), reinterpret_cast<sockaddr*>(&name), &size) == 0);
    unit.address_.port = ::ntohs(name.sin_port);
    return unit;
  }
  static UnitSocket unix_file(const std::string& path) {
    UnitSocket unit(AF_UNIX, SOCK_STREAM);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    unit.bind(name);
    unit.address_.unix_path = path;
    return unit;
  }

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const Address& address() const { return address_; }

 private:
  UnitSocket(int family, int type) : fd_(::socket(family, type, 0)) {}

  template <typename Name>
  void bind(const Name& name) {
    REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
    ::listen(fd_.get(), 64);
  }

  appserver::UniqueFd fd_;
  Address address_;
};

// The arguments of a shell that becomes the server, with these sockets as descriptors 3, 4, ... By
// way of high numbers, so that none is overwritten before it is copied.
std::vector<std::string> activation(const std::vector<const UnitSocket*>& sockets,
                                    const std::string& names,
                                    const std::vector<std::string>& server,
                                    const std::string& pid = "$$") {
  std::string script;
  std::string redirections;
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    // bash: a descriptor above 9 in a redirection.
    script += "exec " + std::to_string(100 + i) + "<&" + std::to_string(sockets[i]->fd()) + "; ";
    redirections += " " + std::to_string(3 + i) + "<&" + std::to_string(100 + i);
  }
  script += "export LISTEN_PID=" + pid + " LISTEN_FDS=" + std::to_string(sockets.size());
  script += " LISTEN_FDNAMES=" + names + "; exec \"$0\" \"$@\"" + redirections;
  std::vector<std::string> arguments = {"-c", script, APPSERVERD_BINARY};
  arguments.insert(arguments.end(), server.begin(), server.end());
  return arguments;
}

std::string log_of_failed_start(const std::vector<std::string>& arguments) {
  ServerProcess process("/bin/bash", arguments);
  CHECK(process.wait_for_exit().code == 1);
  return process.log();
}

}  // namespace

TEST_CASE("socket activation: without --bind exactly the passed sockets are served") {
  const TemporaryFolder folder;
  const UnitSocket tcp = UnitSocket::tcp();
  const UnitSocket local = UnitSocket::unix_file(folder / "app.sock");
  ServerProcess process("/bin/bash", activation({&tcp, &local}, "web:local",
                                                {"--workers", "2", example_app("hello")}));
  process.wait_for_workers(2);
  CHECK(get(tcp.address(), "/").body == "Hello, World!");
  CHECK(get(local.address(), "/").body == "Hello, World!");
  CHECK_FALSE(contains(process.log(), ":8000"));
  process.send_signal(SIGTERM);
  CHECK(process.wait_for_exit().code == 0);
  // They are systemd's: the file is there, and clients wait for the next start.
  CHECK(std::filesystem::exists(folder / "app.sock"));
  CHECK(accepts_connections(tcp.address()));
  CHECK(accepts_connections(local.address()));
}

TEST_CASE("socket activation: clients wait for the server, before its start and over a restart") {
  const UnitSocket tcp = UnitSocket::tcp();
  HttpClient early(tcp.address());
  early.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
  for (int i = 0; i < 3; ++i) {
    ServerProcess process("/bin/bash", activation({&tcp}, "web", {example_app("hello")}));
    CHECK(early.read_response().body == "Hello, World!");
    process.send_signal(SIGTERM);
    CHECK(process.wait_for_exit().code == 0);
    early = HttpClient(tcp.address());
    early.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
  }
}

TEST_CASE("socket activation: --bind takes them by name or number, with others of its own") {
  const UnitSocket web = UnitSocket::tcp();
  const UnitSocket admin = UnitSocket::tcp();
  const UnitSocket unused = UnitSocket::tcp();
  ServerProcess process(
      "/bin/bash", activation({&web, &admin, &unused}, "web:admin:unused",
                              {"-b", "fd://admin", "-b", "fd://3", "-b", "127.0.0.1:0", "--workers",
                               "1", example_app("hello")}));
  process.wait_for_workers(1);
  CHECK(get(web.address(), "/").status == 200);
  CHECK(get(admin.address(), "/").status == 200);
  const std::string line = process.wait_for_log_line("passed and not served");
  CHECK(contains(line, "fd://5"));
}

TEST_CASE("socket activation: a reload can leave a socket out and take it in again") {
  const TemporaryFolder folder;
  const UnitSocket web = UnitSocket::tcp();
  const UnitSocket admin = UnitSocket::tcp();
  const std::string config = (folder / "server.toml").string();
  write_over(config, "workers = 1\n");
  ServerProcess process(
      "/bin/bash", activation({&web, &admin}, "web:admin", {"-c", config, example_app("hello")}));
  process.wait_for_log("is live generation=1");
  LoadClient load(web.address(), "/", 4);
  load.wait_for_answers(50);
  write_over(config, "workers = 1\nbind = \"fd://web\"\n");
  process.send_signal(SIGHUP);
  process.wait_for_log("is live generation=2");
  // Nobody serves it, but it is not refused: its owner has it.
  HttpClient waiting(admin.address());
  waiting.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
  write_over(config, "workers = 1\n");
  process.send_signal(SIGHUP);
  CHECK(waiting.read_response().body == "Hello, World!");
  load.wait_for_answers(50);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
}

TEST_CASE("socket activation: an upgrade in place goes on with what was passed") {
  const TemporaryFolder folder;
  const UnitSocket web = UnitSocket::tcp();
  const UnitSocket admin = UnitSocket::unix_file(folder / "admin.sock");
  const std::string config = (folder / "server.toml").string();
  write_over(config, "workers = 1\nbind = \"fd://web\"\n");
  ServerProcess process(
      "/bin/bash", activation({&web, &admin}, "web:admin", {"-c", config, example_app("hello")}));
  process.wait_for_log("is live generation=1");
  LoadClient load(web.address(), "/", 4);
  load.wait_for_answers(50);
  process.send_signal(SIGUSR2);
  process.wait_for_log("the program was upgraded in place");
  // One that is served keeps its socket, one that never was can be taken in by its name.
  write_over(config, "workers = 1\nbind = [\"fd://web\", \"fd://admin\"]\n");
  process.send_signal(SIGHUP);
  process.wait_for_log("is live generation=2");
  CHECK(get(admin.address(), "/").body == "Hello, World!");
  load.wait_for_answers(50);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
  process.send_signal(SIGTERM);
  CHECK(process.wait_for_exit().code == 0);
  CHECK(std::filesystem::exists(folder / "admin.sock"));
  CHECK(accepts_connections(web.address()));
}

TEST_CASE("socket activation: what was passed to another process is none of ours") {
  const UnitSocket tcp = UnitSocket::tcp();
  ServerProcess process(
      "/bin/bash", activation({&tcp}, "web", {"-b", "127.0.0.1:0", example_app("hello")}, "1"));
  const Address own = process.wait_until_listening();
  CHECK(own.port != tcp.address().port);
  CHECK(get(own, "/").status == 200);
}

TEST_CASE("socket activation: the app sees nothing of it") {
  const UnitSocket tcp = UnitSocket::tcp();
  ServerProcess process("/bin/bash",
                        activation({&tcp}, "web", {"--workers", "1", server_app("scripted")}));
  process.wait_for_workers(1);
  CHECK(get(tcp.address(), "/env/PATH").body != "unset");
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET"}) {
    CHECK(get(tcp.address(), "/env/" + std::string(name)).body == "unset");
  }
}

TEST_CASE("socket activation: sockets that cannot be served stop the start, with the reason") {
  const UnitSocket datagrams = UnitSocket::tcp(SOCK_DGRAM);
  const UnitSocket tcp = UnitSocket::tcp();
  CHECK(contains(log_of_failed_start(activation({&datagrams}, "dns", {example_app("hello")})),
                 "fd://3 (dns)"));
  CHECK(contains(
      log_of_failed_start(activation({&tcp}, "web", {"-b", "fd://wbe", example_app("hello")})),
      "there are web (fd://3)"));
  CHECK(contains(log_of_failed_start(activation({}, "", {"-b", "fd://web", example_app("hello")})),
                 "LISTEN_FDS"));
}
