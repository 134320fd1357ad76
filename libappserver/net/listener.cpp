#include "net/listener.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/errno_text.h"
#include "net/closing_door.h"
#include "net/peer_address.h"

namespace appserver::net {
namespace {

std::string describe(const TcpAddress& address) {
  const std::string host =
      address.host.find(':') == std::string::npos ? address.host : "[" + address.host + "]";
  return host + ":" + std::to_string(address.port);
}

std::string advice(int error) {
  switch (error) {
    case EADDRINUSE:
      return "; another process listens there (see `ss -ltnp`), or choose another with --bind";
    case EACCES:
      return "; ports below 1024 need root or CAP_NET_BIND_SERVICE";
    case EADDRNOTAVAIL:
      return "; no interface of this machine has that address (see `ip address`)";
    default:
      return "";
  }
}

Failure<Error> cannot_listen(const std::string& where, int error) {
  return failure("cannot listen on " + where + ": " + errno_text(error) + advice(error));
}

// "http://127.0.0.1:8000", "http://[::1]:8000", or of a unix socket its path.
std::string bound_display(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  std::string display;
  if (address.ss_family == AF_UNIX) {
    sockaddr_un local{};
    std::memcpy(&local, &address, sizeof local);
    const bool abstract = local.sun_path[0] == '\0';
    display.append("unix:").append(abstract ? "@" : "");
    display.append(local.sun_path + (abstract ? 1 : 0));
    return display;
  }
  display = "http://";
  PeerAddress(address).append_host_and_port(display);
  return display;
}

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<AddressList> look_up(const TcpAddress& address) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(address.host.empty() ? nullptr : address.host.c_str(),
                                  std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) {
    return failure("cannot listen on " + describe(address) + ": host '" + address.host +
                   "' is not known: " + ::gai_strerror(error));
  }
  return AddressList(found, &::freeaddrinfo);
}

void set_option(int fd, int level, int option) {
  const int on = 1;
  ::setsockopt(fd, level, option, &on, sizeof on);
}

// Returns: the listening socket, or errno.
Result<UniqueFd, int> listen_on(const addrinfo& address, int backlog) {
  UniqueFd fd(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) {
    return failure(int{errno});
  }
  // A restart must not wait for the connections of the last run in TIME_WAIT.
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR);
  // Accepted sockets inherit this (tcp(7)): it saves a system call for each of them. Responses
  // leave in whole batches, so that Nagle's algorithm could only delay them.
  set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY);
  if (::bind(fd.get(), address.ai_addr, address.ai_addrlen) != 0 ||
      ::listen(fd.get(), backlog) != 0) {
    return failure(int{errno});
  }
  return fd;
}

// Whether this unix socket may be somebody's. Only a refused connection proves that nobody listens:
// one of another user that this process may not open is not for it to remove.
bool is_in_use(const sockaddr_un& address, socklen_t size) {
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0 ||
         errno != ECONNREFUSED;
}

// The file is created with its mode, as chmod(2) afterwards would leave a moment in which others
// can open it. The umask is that of the process, which has one thread: the master.
// Returns: whether it worked; else errno says why not.
bool bind_with_mode(int fd, const sockaddr_un& name, socklen_t size, std::optional<mode_t> mode) {
  const mode_t before = mode ? ::umask(~*mode & 0777U) : 0;
  const int result = ::bind(fd, reinterpret_cast<const sockaddr*>(&name), size);
  const int error = errno;
  if (mode) {
    ::umask(before);
  }
  errno = error;
  return result == 0;
}

// Removes the socket file that a killed server left behind.
// Errors: it is somebody's live socket, or no socket at all.
Result<Ok> remove_stale_socket(const std::string& path, const sockaddr_un& address,
                               socklen_t size) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    return ok();
  }
  if (!S_ISSOCK(status.st_mode)) {
    return failure("cannot listen on unix:" + path +
                   ": the file exists and is no socket; remove it or choose another path");
  }
  if (is_in_use(address, size)) {
    return cannot_listen("unix:" + path, EADDRINUSE);
  }
  ::unlink(path.c_str());
  return ok();
}

}  // namespace

Result<Listener> Listener::open(const BindAddress& address, const ListenOptions& options) {
  if (const auto* tcp = std::get_if<TcpAddress>(&address)) {
    return open_tcp(*tcp, options);
  }
  if (const auto* local = std::get_if<UnixAddress>(&address)) {
    return open_unix(*local, options);
  }
  return adopt(std::get<InheritedSocket>(address), options.backlog);
}

Result<Listener> Listener::open_tcp(const TcpAddress& address, const ListenOptions& options) {
  const auto found = look_up(address);
  if (!found) {
    return failure(found.error());
  }
  int last_error = EADDRNOTAVAIL;
  for (const addrinfo* candidate = found->get(); candidate != nullptr;
       candidate = candidate->ai_next) {
    auto fd = listen_on(*candidate, options.backlog);
    if (fd) {
      std::string display = bound_display(fd->get());
      return Listener(std::move(*fd), {std::move(display), "", options});
    }
    last_error = fd.error();
  }
  return cannot_listen(describe(address), last_error);
}

Result<Listener> Listener::open_unix(const UnixAddress& address, const ListenOptions& options) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  char* path = name.sun_path + (address.abstract ? 1 : 0);
  std::memcpy(path, address.path.data(), address.path.size());
  const auto size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.path.size() + 1);
  if (!address.abstract) {
    if (auto removed = remove_stale_socket(address.path, name, size); !removed) {
      return failure(removed.error());
    }
  }
  const std::string display = std::string("unix:") + (address.abstract ? "@" : "") + address.path;
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open() || !bind_with_mode(fd.get(), name, size, options.access.mode)) {
    return cannot_listen(display, errno);
  }
  Listener listener(std::move(fd), {display, address.abstract ? "" : address.path, options});
  auto owned = address.abstract ? Result<Ok>(ok()) : apply_owner(name.sun_path, options.access);
  if (owned && ::listen(listener.fd(), options.backlog) != 0) {
    owned = cannot_listen(display, errno);
  }
  if (!owned) {
    listener.remove_socket_file();
    return failure(std::move(owned.error()));
  }
  return listener;
}

Result<Listener> Listener::adopt(const InheritedSocket& socket, int backlog) {
  const std::string name = "fd://" + std::to_string(socket.fd);
  int listening = 0;
  socklen_t size = sizeof listening;
  if (::getsockopt(socket.fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0) {
    return cannot_listen(name, errno);
  }
  if (listening == 0 && ::listen(socket.fd, backlog) != 0) {
    return cannot_listen(name, errno);
  }
  return share(UniqueFd(socket.fd));
}

Listener Listener::share(UniqueFd fd) {
  // The flag of the open file is shared with whoever else holds the socket, and a listening socket
  // that blocks would stop a whole worker.
  ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
  ::fcntl(fd.get(), F_SETFD, FD_CLOEXEC);
  // As for those that are opened here; a unix socket refuses it, and needs none.
  set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY);
  std::string display = bound_display(fd.get());
  return {std::move(fd), {std::move(display), "", {}, true}};
}

Result<Ok> Listener::adjust(const ListenOptions& options) {
  if (facts_.is_shared) {
    return ok();
  }
  // listen(2) on a listening socket changes its backlog and nothing else.
  if (options.backlog != facts_.options.backlog && ::listen(fd(), options.backlog) != 0) {
    return cannot_listen(facts_.display, errno);
  }
  facts_.options.backlog = options.backlog;
  if (!facts_.socket_file.empty() && options.access != facts_.options.access) {
    auto applied = apply_mode(facts_.socket_file.c_str(), options.access.mode);
    if (applied) {
      applied = apply_owner(facts_.socket_file.c_str(), options.access);
    }
    if (!applied) {
      return applied;
    }
  }
  facts_.options.access = options.access;
  return ok();
}

void Listener::remove_socket_file() noexcept {
  if (!facts_.socket_file.empty()) {
    ::unlink(facts_.socket_file.c_str());
    facts_.socket_file.clear();
  }
}

bool Listener::shut_door() noexcept {
  if (facts_.is_shared) {
    return false;
  }
  remove_socket_file();
  turn_newcomers_away(fd());
  return !facts_.display.starts_with("unix:");
}

void Listener::end_listening() noexcept {
  if (!facts_.is_shared) {
    ::shutdown(fd(), SHUT_RDWR);
  }
}

int effective_backlog(int backlog) {
  std::ifstream file("/proc/sys/net/core/somaxconn");
  int limit = 0;
  return file >> limit ? std::min(backlog, limit) : backlog;
}

}  // namespace appserver::net
