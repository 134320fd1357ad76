#pragma once

#include <span>
#include <vector>

#include "base/event_loop.h"
#include "base/result.h"
#include "config/options.h"
#include "ipc/handoff.h"
#include "master/closing_listeners.h"
#include "net/listeners.h"
#include "observe/log.h"

namespace appserver::master {

// Opens all that the options ask for, or nothing: --bind, or the sockets that a service manager
// passed when nobody gave one. What is open already stays. Returns: the descriptors, in order.
// Errors: one line for people. [master]
[[nodiscard]] Result<std::vector<int>> open_listeners(net::Listeners& listeners,
                                                      const config::Options& options);

// How the listening sockets of a running server change: those of a new release are opened before it
// begins, those that no release serves any more are closed after that, and their last clients are
// answered. [master]
class Listening {
 public:
  // All outlive this object.
  Listening(EventLoop& loop, net::Listeners& listeners, const ipc::Handoff& handoff,
            observe::Log& log)
      : listeners_(listeners), log_(log), closing_(loop, handoff, log) {}

  // Opens what a release needs and is not open yet. Errors: as open_listeners(); nothing changed.
  [[nodiscard]] Result<std::vector<int>> open_for(const config::Options& options);

  // A release is live: its sockets follow its options.
  void adjust(std::span<const int> fds, const config::Options& options);

  // Closes all sockets but these.
  void keep_only(std::span<const int> fds);

  // The server stops: newcomers are turned away everywhere, and whoever waits at a socket that is
  // being closed is handed over now.
  void close_doors() {
    closing_.finish();
    listeners_.close_doors();
  }

  // Whether no socket is being closed.
  [[nodiscard]] bool is_at_rest() const noexcept { return closing_.is_empty(); }

 private:
  net::Listeners& listeners_;
  observe::Log& log_;
  ClosingListeners closing_;
};

}  // namespace appserver::master
