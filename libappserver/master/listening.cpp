#include "master/listening.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "net/socket_access.h"

namespace appserver::master {
namespace {

// A unix socket belongs to whom the app runs as, unless its owner was named.
Result<net::ListenOptions> listen_options(const config::Options& options) {
  const bool follows_app = options.socket_owner.empty();
  const std::string group = options.group.empty() ? "" : ":" + options.group;
  auto access = net::parse_socket_owner(follows_app ? options.user + group : options.socket_owner);
  if (!access) {
    return failure(std::move(access.error()));
  }
  access->mode = options.socket_mode;
  return net::ListenOptions{options.backlog, *access};
}

}  // namespace

Result<std::vector<int>> open_listeners(net::Listeners& listeners, const config::Options& options) {
  const net::PassedSockets& passed = listeners.passed();
  const auto how = listen_options(options);
  if (!how) {
    return failure(how.error());
  }
  if (!options.bind_given && !passed.is_empty()) {
    return listeners.open(passed.binds(), *how);
  }
  const auto binds = passed.resolve(options.bind);
  if (!binds) {
    return failure(binds.error());
  }
  return listeners.open(*binds, *how);
}

Result<std::vector<int>> Listening::open_for(const config::Options& options) {
  closing_.finish();  // An address that is being closed may be one that is wanted again.
  const std::vector<int> before = listeners_.fds();
  auto fds = open_listeners(listeners_, options);
  if (fds) {
    for (const int fd : *fds) {
      if (std::find(before.begin(), before.end(), fd) == before.end()) {
        log_.info("listening at " + listeners_.display(fd));
      }
    }
  }
  return fds;
}

void Listening::adjust(std::span<const int> fds, const config::Options& options) {
  const auto how = listen_options(options);
  if (!how) {
    log_.warning("the sockets keep their owner", {{"why", std::string_view(how.error().message)}});
    return;
  }
  for (const std::string& complaint : listeners_.adjust(fds, *how)) {
    log_.warning("a socket stays as it was", {{"why", std::string_view(complaint)}});
  }
}

void Listening::keep_only(std::span<const int> fds) {
  for (net::Listener& listener : listeners_.take_all_but(fds)) {
    closing_.close(std::move(listener));
  }
}

}  // namespace appserver::master
