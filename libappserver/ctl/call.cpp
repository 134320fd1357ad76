#include "ctl/call.h"

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>

#include "base/errno_text.h"
#include "base/unique_fd.h"
#include "http/response_reader.h"
#include "net/connect_local.h"

namespace appserver::ctl {
namespace {

Failure<CallError> unreachable(std::string message) {
  return failure(CallError{true, std::move(message)});
}

std::string advice(int error) {
  switch (error) {
    case ENOENT:
      return "there is no such socket; does the server run, and with this --control-socket?";
    case ECONNREFUSED:
      return "nobody listens there any more; the server that made it is gone";
    case EACCES:
    case EPERM:
      return "only root and the user of the server may; try sudo";
    case ENAMETOOLONG:
      return "a path of a socket has at most 107 bytes";
    default:
      return errno_text(error);
  }
}

std::string text_of(const Call& request) {
  std::string text =
      request.method + " " + request.path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
  if (!request.accept.empty()) {
    text += "Accept: " + request.accept + "\r\n";
  }
  if (request.method != "GET") {
    text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return text + "\r\n" + request.body;
}

bool send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (count < 0 && errno != EINTR) {
      return false;
    }
    text.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  return true;
}

ssize_t receive(int fd, std::array<char, 16 * 1024>& room) {
  ssize_t count = -1;
  do {
    count = ::recv(fd, room.data(), room.size(), 0);
  } while (count < 0 && errno == EINTR);
  return count;
}

}  // namespace

Result<unsigned, CallError> call(
    const std::string& path, const Call& request,
    const std::function<bool(unsigned status, std::string_view piece)>& take) {
  const auto socket = net::connect_local(path);
  if (!socket) {
    return unreachable(path + ": " + advice(socket.error()));
  }
  if (!send_all(socket->get(), text_of(request))) {
    return unreachable(path + ": " + errno_text(errno));
  }
  http::ResponseReader reader(http::ResponseReader::Body::Unlimited);
  std::array<char, 16 * 1024> room;
  bool is_complete = false;
  bool was_heard = false;
  while (!is_complete) {
    const ssize_t count = receive(socket->get(), room);
    if (count < 0) {
      return failure(CallError{!was_heard, path + ": " + errno_text(errno)});
    }
    if (count == 0) {
      const auto ended = reader.end();
      if (!ended) {
        return failure(CallError{!was_heard, path + ": " + ended.error().message});
      }
      break;
    }
    const auto fed = reader.feed({room.data(), static_cast<std::size_t>(count)});
    if (!fed) {
      return unreachable(path + ": " + fed.error().message + "; is this an appserverd's socket?");
    }
    is_complete = *fed;
    was_heard = was_heard || reader.has_head();
    if (reader.has_head() && !take(reader.status(), reader.take_body())) {
      break;
    }
  }
  return reader.status();
}

}  // namespace appserver::ctl
