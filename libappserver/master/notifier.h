#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/event_loop.h"
#include "base/service_variables.h"
#include "net/notify_socket.h"
#include "observe/log.h"
#include "supervision/service_status.h"

namespace appserver::master {

// Tells a service manager how the server is, sd_notify(3); does nothing when there is none.
//
//   Starting   STATUS=, EXTEND_TIMEOUT_USEC=
//   Serving    READY=1, STATUS=
//   Reloading  RELOADING=1 with MONOTONIC_USEC=, STATUS=, EXTEND_TIMEOUT_USEC=; then READY=1, also
//              when the reload failed: the server serves on, and STATUS= says why
//   Stopping   STOPPING=1, STATUS=, EXTEND_TIMEOUT_USEC=
//
// and WATCHDOG=1 twice within WATCHDOG_USEC, as long as the server is alive. [master]
class Notifier {
 public:
  // `variables` are read now; the others outlive this object. What is wrong with the variables is a
  // warning in the log.
  Notifier(EventLoop& loop, const ServiceVariables& variables, observe::Log& log);

  // A reload was asked for. Told at once, before anything is done about it: systemd takes
  // MONOTONIC_USEC= for an answer only if it is later than its own request.
  void reload_asked();
  // The last reload did not come to its end, for this reason.
  void reload_failed(std::string_view why);
  void reload_succeeded() noexcept { failed_reload_.clear(); }

  // How things are now; to be called whenever that can have changed.
  void update(const supervision::ServiceStatus& status);

 private:
  void begin_watchdog(const ServiceVariables& variables);
  void on_watchdog() noexcept;
  void pet();
  void tell_reloading();
  void tell_phase(supervision::ServicePhase before);
  [[nodiscard]] std::string status_lines() const;
  void send(std::string message);
  void flush() noexcept;

  observe::Log& log_;
  std::optional<net::NotifySocket> socket_;
  supervision::ServiceStatus status_;
  bool is_told_reloading_ = false;
  std::string failed_reload_;
  TimerWatcher watchdog_;
  bool is_pet_due_ = false;
  std::deque<std::string> unsent_;
  TimerWatcher retry_;
  bool has_warned_ = false;
};

}  // namespace appserver::master
