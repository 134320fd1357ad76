#include "support/load_client.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>
#include <sstream>
#include <stdexcept>
#include <sys/socket.h>
#include <utility>

#include "support/http_response.h"

namespace appserver::test {
namespace {

using SteadyClock = std::chrono::steady_clock;

// A connection that was refused is tried again after this time, so that a server that is down is
// not drowned in connects; also how soon stop() is noticed.
constexpr int kPollMilliseconds = 5;
constexpr auto kTimeForLastAnswers = 2s;

}  // namespace

std::uint64_t LoadCounts::answered_in_all() const {
  std::uint64_t sum = 0;
  for (const auto& [body, count] : answered) {
    sum += count;
  }
  return sum;
}

std::uint64_t LoadCounts::failed() const {
  std::uint64_t sum = unannounced_closes + resets + refused + malformed + unanswered;
  for (const auto& [status, count] : other_statuses) {
    sum += count;
  }
  return sum;
}

std::string LoadCounts::text() const {
  std::ostringstream out;
  out << "sent " << sent << ", answered " << answered_in_all() << ", announced closes "
      << announced_closes << ", unannounced closes " << unannounced_closes << ", resets " << resets
      << ", refused " << refused << ", malformed " << malformed << ", unanswered " << unanswered
      << ", max latency " << max_latency_ms << " ms";
  for (const auto& [status, count] : other_statuses) {
    out << ", status " << status << ": " << count;
  }
  for (const auto& [body, count] : answered) {
    out << ", \"" << body.substr(0, 40) << "\": " << count;
  }
  return out.str();
}

LoadClient::LoadClient(Address address, std::string path, unsigned connections)
    : address_(std::move(address)),
      request_("GET " + std::move(path) + " HTTP/1.1\r\nHost: load\r\n\r\n"),
      connections_(connections),
      thread_([this] { run(); }) {}

LoadClient::~LoadClient() {
  if (thread_.joinable()) {
    stop();
  }
}

LoadCounts LoadClient::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void LoadClient::wait_for_answers(std::uint64_t count, milliseconds deadline) const {
  const std::uint64_t wanted = counts().answered_in_all() + count;
  eventually(deadline, std::to_string(count) + " more answered requests",
             [&] { return counts().answered_in_all() >= wanted; });
}

LoadCounts LoadClient::stop() {
  stopping_ = true;
  if (thread_.joinable()) {
    thread_.join();
  }
  return counts();
}

void LoadClient::run() {
  while (!stopping_) {
    poll_once();
  }
  const auto end = SteadyClock::now() + kTimeForLastAnswers;
  const auto waits = [](const Connection& connection) { return connection.waiting; };
  while (SteadyClock::now() < end && std::any_of(connections_.begin(), connections_.end(), waits)) {
    poll_once();
  }
  const auto left = std::count_if(connections_.begin(), connections_.end(), waits);
  const std::lock_guard lock(mutex_);
  counts_.unanswered = static_cast<std::uint64_t>(left);
}

void LoadClient::poll_once() {
  std::vector<pollfd> wanted;
  for (Connection& connection : connections_) {
    if (!connection.socket.is_open() && !stopping_) {
      open(connection);
    }
    const short events = connection.connected ? POLLIN : POLLOUT;
    // poll(2) passes over a descriptor of -1.
    wanted.push_back({.fd = connection.socket.get(), .events = events, .revents = 0});
  }
  if (::poll(wanted.data(), wanted.size(), kPollMilliseconds) <= 0) {
    return;
  }
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].revents == 0) {
      continue;
    }
    if (connections_[i].connected) {
      receive(connections_[i]);
    } else {
      finish_connecting(connections_[i]);
    }
  }
}

void LoadClient::open(Connection& connection) {
  connection = Connection{.socket = start_connecting(address_)};
  // EAGAIN: the backlog of a unix socket is full, which a blocking connect would wait for.
  if (!connection.socket.is_open() && errno != EAGAIN) {
    const std::lock_guard lock(mutex_);
    ++counts_.refused;
  }
}

void LoadClient::finish_connecting(Connection& connection) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(connection.socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    lose(connection, error);
    return;
  }
  connection.connected = true;
  send_request(connection);
}

void LoadClient::send_request(Connection& connection) {
  if (stopping_) {
    connection.socket.reset();
    return;
  }
  const ssize_t sent =
      ::send(connection.socket.get(), request_.data(), request_.size(), MSG_NOSIGNAL);
  if (sent < 0) {
    lose(connection, errno);
    return;
  }
  // A request is far smaller than the socket's buffer, which is empty: it is sent whole.
  ++counts_.sent;
  connection.waiting = true;
  connection.sent_at = SteadyClock::now();
}

void LoadClient::receive(Connection& connection) {
  std::array<char, 16 * 1024> part;
  const ssize_t got = ::recv(connection.socket.get(), part.data(), part.size(), 0);
  if (got < 0) {
    if (errno != EAGAIN) {
      lose(connection, errno);
    }
    return;
  }
  connection.input.append(part.data(), static_cast<std::size_t>(got));
  try {
    take_responses(connection, got == 0);
  } catch (const std::runtime_error&) {
    ++counts_.malformed;
    connection = Connection{};
  }
}

void LoadClient::take_responses(Connection& connection, bool at_end) {
  const auto parsed = parse_response(connection.input, false, at_end);
  if (!parsed) {
    if (at_end) {
      lose(connection, 0);
    }
    return;
  }
  const HttpResponse& response = parsed->response;
  if (response.status == 200) {
    ++counts_.answered[response.body];
  } else {
    ++counts_.other_statuses[response.status];
  }
  const std::chrono::duration<double, std::milli> latency = SteadyClock::now() - connection.sent_at;
  counts_.max_latency_ms = std::max(counts_.max_latency_ms, latency.count());
  connection.waiting = false;
  connection.input.erase(0, parsed->size);
  if (response.announces_close()) {
    ++counts_.announced_closes;
    connection = Connection{};
    return;
  }
  send_request(connection);
}

// Counts how the connection failed: `error` is its errno, or 0 for an orderly end of file.
void LoadClient::lose(Connection& connection, int error) {
  if (error == 0) {
    ++counts_.unannounced_closes;
  } else if (!connection.connected) {
    ++counts_.refused;
  } else {
    ++counts_.resets;
  }
  connection = Connection{};
}

}  // namespace appserver::test
