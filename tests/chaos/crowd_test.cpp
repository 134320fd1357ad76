// The load generator against servers that do everything wrong: each wrong has its column.
#include "chaos/crowd.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <functional>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/unique_fd.h"
#include "chaos/pattern.h"
#include "chaos/question.h"

using namespace appserver::chaos;
using appserver::UniqueFd;
using namespace std::chrono_literals;

namespace {

// Resets the connection instead of closing it.
void reset(UniqueFd& socket) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  socket.reset();
}

void say(const UniqueFd& socket, std::string_view bytes) {
  ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

std::string answer(std::string_view status, std::string_view body, std::string_view fields = "") {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

// A server that reads a request from each connection and then does what it was made for.
class BadServer {
 public:
  using Behaviour = std::function<void(UniqueFd& connection, const std::string& request)>;

  explicit BadServer(Behaviour behaviour)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
        behaviour_(std::move(behaviour)) {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof any;
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&any), size) == 0);
    REQUIRE(::listen(listener_.get(), 16) == 0);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&any), &size);
    port_ = ::ntohs(any.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~BadServer() {
    stopping_ = true;
    thread_.join();
  }
  BadServer(const BadServer&) = delete;
  BadServer& operator=(const BadServer&) = delete;

  [[nodiscard]] int port() const { return port_; }

 private:
  void run() {
    std::vector<UniqueFd> open;
    while (!stopping_) {
      pollfd wanted{.fd = listener_.get(), .events = POLLIN, .revents = 0};
      if (::poll(&wanted, 1, 5) != 1) {
        continue;
      }
      UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      std::array<char, 4096> request;
      const ssize_t got = ::recv(connection.get(), request.data(), request.size(), 0);
      behaviour_(connection,
                 std::string(request.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))));
      open.push_back(std::move(connection));
    }
  }

  UniqueFd listener_;
  Behaviour behaviour_;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;  // The last member: it uses all others.
};

// No client but those of ask().
CrowdPlan nobody(milliseconds patience = 5s) {
  CrowdPlan plan;
  plan.busy = plan.thinking = plan.one_shot = plan.slow = 0;
  plan.patience = patience;
  return plan;
}

Question small_question() {
  return Questions::harmful("/body/10", 200, pattern(10));
}

Counts ask(int port, Question question, milliseconds patience = 5s) {
  Crowd crowd({.port = port}, nobody(patience));
  crowd.ask(std::move(question));
  REQUIRE(crowd.settle());
  return crowd.take();
}

// One request, and one in this column.
void check(const Counts& counts, Column column) {
  CHECK(counts[Column::Requests] == 1);
  CHECK(counts[column] == 1);
  std::uint64_t others = 0;
  for (std::size_t i = 1; i < kColumns; ++i) {
    others += counts.numbers[i];
  }
  CHECK(others == 1);
}

void check_said(const std::string& bytes, const Question& question, Column column) {
  const BadServer server([&](UniqueFd& connection, const std::string&) {
    say(connection, bytes);
    connection.reset();
  });
  check(ask(server.port(), question), column);
}

}  // namespace

TEST_CASE("Crowd: an answer counts only when every byte is right") {
  const std::string right = pattern(10);
  check_said(answer("200 OK", right), small_question(), Column::Answered);
  check_said(answer("200 OK", "......1\n..."), small_question(), Column::Wrong);
  check_said(answer("200 OK", ""), small_question(), Column::Wrong);
  check_said(answer("404 Not Found", right), small_question(), Column::Wrong);
  check_said("HTTP/1.1 nonsense\r\n\r\n", small_question(), Column::Wrong);
}

TEST_CASE("Crowd: errors are allowed to those who asked for them, and 503 that says for how long") {
  const std::string crashed = answer("500 Internal Server Error", "");
  const std::string late = answer("504 Gateway Timeout", "");
  check_said(crashed, Questions::harmful("/crash/segv", 500), Column::Crashed);
  check_said(crashed, small_question(), Column::Wrong);
  check_said(late, Questions::harmful("/hang", 504), Column::Late);
  check_said(late, small_question(), Column::Wrong);
  check_said(answer("503 Busy", "", "Retry-After: 1\r\n"), small_question(), Column::Unavailable);
  check_said(answer("503 Busy", ""), small_question(), Column::Wrong);
}

TEST_CASE("Crowd: a connection that ends is told from one that is reset, refused or forgotten") {
  check_said("", small_question(), Column::Unannounced);
  check_said(answer("200 OK", pattern(10)).substr(0, 30), small_question(), Column::Cut);
  const BadServer resetting([](UniqueFd& connection, const std::string&) { reset(connection); });
  check(ask(resetting.port(), small_question()), Column::Reset);
  const BadServer forgetful([](UniqueFd&, const std::string&) {});
  check(ask(forgetful.port(), small_question(), 50ms), Column::TimedOut);
  int port = 0;
  {
    port = BadServer([](UniqueFd&, const std::string&) {}).port();
  }
  check(ask(port, small_question()), Column::Refused);
}

TEST_CASE("Crowd: a close that was announced is no unannounced one, and the other way round") {
  // Answers GET /echo/ID, the question of a thinking client without bodies, most of the time.
  const auto echo = [](const std::string& request, std::string_view fields) {
    constexpr std::string_view kPath = "GET /echo/";
    const std::string id =
        request.starts_with(kPath)
            ? request.substr(kPath.size(), request.find(' ', kPath.size()) - kPath.size())
            : "";
    return answer("200 OK", "echo " + id + "\n", fields);
  };
  const auto live = [&](std::string_view fields) {
    const BadServer server([&](UniqueFd& connection, const std::string& request) {
      say(connection, echo(request, fields));
      connection.reset();
    });
    CrowdPlan plan = nobody();
    plan.thinking = 4;
    plan.think_time = 10ms;
    plan.bodies = false;
    Crowd crowd({.port = server.port()}, plan);
    REQUIRE(crowd.wait_for_requests(20));
    crowd.stop();
    return crowd.take();
  };
  const Counts announced = live("Connection: close\r\n");
  CHECK(announced[Column::Announced] == announced[Column::Answered]);
  CHECK(announced[Column::Answered] > 0);
  CHECK(announced[Column::Unannounced] == 0);
  const Counts unannounced = live("");
  CHECK(unannounced[Column::Unannounced] > 0);
  CHECK(unannounced[Column::Announced] == 0);
}
