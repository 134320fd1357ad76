#include "net/passed_sockets.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <optional>
#include <sys/socket.h>

#include "base/errno_text.h"

namespace appserver::net {
namespace {

constexpr std::string_view kScheme = "fd://";

std::optional<long> number_in(std::string_view text) {
  long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

std::vector<std::string> split(const std::string& names) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= names.size()) {
    const std::size_t end = std::min(names.find(':', begin), names.size());
    parts.push_back(names.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

int option_of(int fd, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

bool is_listening_stream(int fd) {
  const int domain = option_of(fd, SO_DOMAIN);
  return (domain == AF_INET || domain == AF_INET6 || domain == AF_UNIX) &&
         option_of(fd, SO_TYPE) == SOCK_STREAM && option_of(fd, SO_ACCEPTCONN) == 1;
}

}  // namespace

Result<PassedSockets> PassedSockets::take(const ServiceVariables& variables, long self, int first) {
  PassedSockets passed;
  const auto pid = variables.find("LISTEN_PID");
  const auto count_text = variables.find("LISTEN_FDS");
  if (!pid || !count_text || number_in(*pid) != self) {
    return passed;
  }
  const auto count = number_in(*count_text);
  constexpr long kMost = 65536;
  if (!count || *count < 0 || *count > kMost) {
    return failure("LISTEN_FDS says '" + *count_text +
                   "', which is no number of sockets; see sd_listen_fds(3)");
  }
  const auto names = split(variables.find("LISTEN_FDNAMES").value_or(""));
  for (int i = 0; i < *count; ++i) {
    const int fd = first + i;
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
      return failure("LISTEN_FDS promises descriptor " + std::to_string(fd) +
                     ", which is not open: " + errno_text(errno) +
                     "; whoever started this process has to pass it on");
    }
    const auto at = static_cast<std::size_t>(i);
    const bool is_named = at < names.size() && !names[at].empty();
    passed.sockets_.push_back({UniqueFd(fd), is_named ? names[at] : "unknown"});
  }
  return passed;
}

std::vector<std::string> PassedSockets::binds() const {
  std::vector<std::string> all;
  for (const Socket& socket : sockets_) {
    all.push_back(std::string(kScheme) + std::to_string(socket.fd.get()));
  }
  return all;
}

Result<std::vector<std::string>> PassedSockets::resolve(std::vector<std::string> binds) const {
  std::vector<std::string> resolved;
  for (std::string& bind : binds) {
    const bool is_named =
        bind.starts_with(kScheme) && !number_in(std::string_view(bind).substr(kScheme.size()));
    if (!is_named) {
      resolved.push_back(std::move(bind));
      continue;
    }
    const std::size_t before = resolved.size();
    for (const Socket& socket : sockets_) {
      if (socket.name == std::string_view(bind).substr(kScheme.size())) {
        resolved.push_back(std::string(kScheme) + std::to_string(socket.fd.get()));
      }
    }
    if (resolved.size() == before) {
      return failure("no socket of that name was passed for --bind " + bind + "; " + description());
    }
  }
  return resolved;
}

std::string PassedSockets::description() const {
  if (is_empty()) {
    return "LISTEN_FDS passed none to this process (see FileDescriptorName= in systemd.socket(5))";
  }
  std::string text = "there are";
  for (const Socket& socket : sockets_) {
    text.append(&socket == &sockets_.front() ? " " : ", ").append(socket.name);
    text.append(" (fd://").append(std::to_string(socket.fd.get())).append(")");
  }
  return text;
}

bool PassedSockets::has(int fd) const noexcept {
  return std::any_of(sockets_.begin(), sockets_.end(),
                     [fd](const Socket& socket) { return socket.fd.get() == fd; });
}

Result<UniqueFd> PassedSockets::share(int fd) const {
  const auto found = std::find_if(sockets_.begin(), sockets_.end(),
                                  [fd](const Socket& socket) { return socket.fd.get() == fd; });
  if (!is_listening_stream(fd)) {
    return failure("cannot listen on fd://" + std::to_string(fd) + " (" + found->name +
                   "): it is not a listening stream socket; the .socket unit needs ListenStream= "
                   "and Accept=no");
  }
  UniqueFd shared(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!shared.is_open()) {
    return failure("cannot listen on fd://" + std::to_string(fd) + ": " + errno_text(errno));
  }
  return shared;
}

}  // namespace appserver::net
