#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/listener.h"
#include "net/passed_sockets.h"

namespace appserver::net {

// All listening sockets of the server. An address that stays in the configuration keeps its socket,
// whatever else changes: open() takes the open ones again, by the text of their address. Sockets
// are named by their descriptors, which are the same in all workers. [master]
class Listeners {
 public:
  struct Entry {
    std::string bind;  // The text it was opened for.
    Listener listener;
  };

  explicit Listeners(PassedSockets passed) : passed_(std::move(passed)) {}
  // Those of the master whose place this process takes.
  Listeners(PassedSockets passed, std::vector<Entry> entries)
      : passed_(std::move(passed)), entries_(std::move(entries)), is_first_time_(false) {}

  // Makes sure that a socket is open for each of `binds`, in their order. A text that is there
  // twice stands for two sockets. `how` applies to those that are opened now; see adjust().
  // Descriptors of other origin than LISTEN_FDS (fd://N) can be taken in the first time only:
  // later, a number can mean anything.
  // Returns: their descriptors.
  // Errors: which address cannot be listened on, and why; what was opened for it is closed again.
  [[nodiscard]] Result<std::vector<int>> open(std::span<const std::string> binds,
                                              const ListenOptions& how);

  // Has these sockets follow other options. Returns: what could not be followed, one text each.
  [[nodiscard]] std::vector<std::string> adjust(std::span<const int> fds, const ListenOptions& how);

  // Gives up all sockets but these. Returns: them, for the caller to close.
  [[nodiscard]] std::vector<Listener> take_all_but(std::span<const int> fds);

  [[nodiscard]] std::span<const Entry> entries() const noexcept { return entries_; }
  [[nodiscard]] std::vector<int> fds() const;
  // Requires: `fd` is one of them.
  [[nodiscard]] const std::string& display(int fd) const;
  // Of all, in their order.
  [[nodiscard]] std::vector<std::string> displays() const;

  // Passed sockets that are not among them, as --bind would name them.
  [[nodiscard]] std::vector<std::string> unserved() const;

  // The graceful stop begins: turns newcomers away and closes this process's descriptors. Workers
  // have their own, and serve who is in the queues.
  void close_doors() noexcept;
  // When the server stops.
  void remove_socket_files() noexcept;

  [[nodiscard]] const PassedSockets& passed() const noexcept { return passed_; }

 private:
  [[nodiscard]] Result<Listener> open_one(const std::string& bind, const ListenOptions& how) const;

  PassedSockets passed_;
  std::vector<Entry> entries_;
  bool is_first_time_ = true;
};

}  // namespace appserver::net
