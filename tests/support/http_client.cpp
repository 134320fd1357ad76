#include "support/http_client.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>

namespace appserver::test {

HttpClient::HttpClient(const Address& address, milliseconds deadline)
    : socket_(start_connecting(address)), deadline_(deadline) {
  int error = errno;
  if (socket_.is_open()) {
    wait_until_ready(POLLOUT, "the connection to be made");
    socklen_t size = sizeof error;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (error != 0 || !socket_.is_open()) {
    throw std::runtime_error(std::string("cannot connect: ") + std::strerror(error));
  }
}

void HttpClient::wait_until_ready(short events, const char* what) const {
  pollfd wanted{.fd = socket_.get(), .events = events, .revents = 0};
  if (::poll(&wanted, 1, static_cast<int>(deadline_.count())) == 0) {
    throw std::runtime_error(std::string("waited too long for ") + what +
                             "; unread so far: " + unread_);
  }
}

void HttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      wait_until_ready(POLLOUT, "the server to read");
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return;
    } else {
      throw std::runtime_error(std::string("cannot send: ") + std::strerror(errno));
    }
  }
}

HttpClient::Received HttpClient::receive() {
  while (true) {
    std::array<char, 16 * 1024> part;
    const ssize_t got = ::recv(socket_.get(), part.data(), part.size(), 0);
    if (got > 0) {
      unread_.append(part.data(), static_cast<std::size_t>(got));
      return Received::Bytes;
    }
    if (got == 0) {
      return Received::Closed;
    }
    if (errno == ECONNRESET) {
      return Received::Reset;
    }
    if (errno != EAGAIN) {
      throw std::runtime_error(std::string("cannot receive: ") + std::strerror(errno));
    }
    wait_until_ready(POLLIN, "the server to answer");
  }
}

HttpResponse HttpClient::read_response(std::string_view method) {
  bool at_end = false;
  while (true) {
    if (auto parsed = parse_response(unread_, method == "HEAD", at_end)) {
      unread_.erase(0, parsed->size);
      return std::move(parsed->response);
    }
    if (at_end) {
      throw std::runtime_error("the connection was closed instead of answered; unread: " + unread_);
    }
    const Received received = receive();
    if (received == Received::Reset) {
      throw std::runtime_error("the connection was reset instead of answered");
    }
    at_end = received == Received::Closed;
  }
}

HttpResponse HttpClient::request(std::string_view method, std::string_view target,
                                 std::string_view body, std::string_view headers) {
  std::string text(method);
  text += ' ';
  text += target;
  text += " HTTP/1.1\r\nHost: test\r\n";
  text += headers;
  if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  text += "\r\n";
  text += body;
  send(text);
  return read_response(method);
}

bool HttpClient::has_input() const {
  pollfd wanted{.fd = socket_.get(), .events = POLLIN, .revents = 0};
  return !unread_.empty() || ::poll(&wanted, 1, 0) == 1;
}

Ending HttpClient::wait_for_end() {
  while (true) {
    switch (receive()) {
      case Received::Bytes:
        break;
      case Received::Closed:
        return Ending::Closed;
      case Received::Reset:
        return Ending::Reset;
    }
  }
}

Ending HttpClient::discard_until_end(std::uint64_t& received) {
  while (true) {
    const Received what = receive();
    received += unread_.size();
    unread_.clear();
    if (what != Received::Bytes) {
      return what == Received::Closed ? Ending::Closed : Ending::Reset;
    }
  }
}

void HttpClient::finish_sending() {
  ::shutdown(socket_.get(), SHUT_WR);
}

HttpResponse get(const Address& address, std::string_view target) {
  return HttpClient(address).get(target);
}

}  // namespace appserver::test
