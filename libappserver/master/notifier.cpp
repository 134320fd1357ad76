#include "master/notifier.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <unistd.h>
#include <utility>

#include "base/clock.h"
#include "base/errno_text.h"

namespace appserver::master {
namespace {

using supervision::ServicePhase;

constexpr double kRetrySeconds = 0.1;
// Of messages that nobody reads. The oldest are lost: what is true now matters.
constexpr std::size_t kMostUnsent = 64;

std::optional<std::int64_t> number_in(const std::optional<std::string>& text) {
  std::int64_t number = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), number).ptr !=
                   text->data() + text->size()) {
    return std::nullopt;
  }
  return number;
}

std::string in_microseconds(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

// A message consists of lines: a reason that has several must not add any.
std::string on_one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  return text;
}

}  // namespace

Notifier::Notifier(EventLoop& loop, const ServiceVariables& variables, observe::Log& log)
    : log_(log), watchdog_(loop), retry_(loop) {
  const auto address = variables.find("NOTIFY_SOCKET");
  if (!address) {
    return;
  }
  auto socket = net::NotifySocket::to(*address);
  if (!socket) {
    log_.warning("the service manager cannot be told anything",
                 {{"why", std::string_view(socket.error().message)}});
    return;
  }
  socket_.emplace(std::move(*socket));
  begin_watchdog(variables);
}

// sd_watchdog_enabled(3): the timeout is ours only if WATCHDOG_PID is this process, or not set.
void Notifier::begin_watchdog(const ServiceVariables& variables) {
  const auto timeout = number_in(variables.find("WATCHDOG_USEC"));
  const auto pid = variables.find("WATCHDOG_PID");
  if (timeout && *timeout > 0 && (!pid || number_in(pid) == ::getpid())) {
    const double half = static_cast<double>(*timeout) / 2e6;
    watchdog_.start<&Notifier::on_watchdog>(this, half, half);
    is_pet_due_ = true;  // The last one was given half of the time ago by the program before us.
  }
}

void Notifier::on_watchdog() noexcept {
  is_pet_due_ = true;
  pet();
}

// One that could not be given in time is given as soon as a worker serves again.
void Notifier::pet() {
  if (is_pet_due_ && status_.is_alive) {
    is_pet_due_ = false;
    send("WATCHDOG=1");
  }
}

void Notifier::reload_asked() {
  if (status_.phase == ServicePhase::Serving || status_.phase == ServicePhase::Reloading) {
    failed_reload_.clear();
    tell_reloading();
  }
}

void Notifier::tell_reloading() {
  is_told_reloading_ = true;
  send("RELOADING=1\nMONOTONIC_USEC=" + in_microseconds(Clock::now().time_since_epoch()) +
       "\nSTATUS=reloading");
}

void Notifier::reload_failed(std::string_view why) {
  failed_reload_ = on_one_line(std::string(why));
}

void Notifier::update(const supervision::ServiceStatus& status) {
  const bool reload_was_refused = is_told_reloading_ && status.phase == ServicePhase::Serving;
  if (!socket_ || (status == status_ && !reload_was_refused)) {
    return;
  }
  const ServicePhase before = std::exchange(status_, status).phase;
  tell_phase(before);
  pet();
}

void Notifier::tell_phase(ServicePhase before) {
  switch (status_.phase) {
    case ServicePhase::Starting:
      send(status_lines());
      return;
    case ServicePhase::Reloading:
      if (before == ServicePhase::Starting) {
        send("READY=1");  // A reload that was asked for meanwhile begins in the same moment.
      }
      if (!is_told_reloading_) {
        tell_reloading();
      }
      send(status_lines());
      return;
    case ServicePhase::Serving:
      if (std::exchange(is_told_reloading_, false) || before != ServicePhase::Serving) {
        send("READY=1\n" + status_lines());
      } else {
        send(status_lines());
      }
      return;
    case ServicePhase::Stopping:
      send((before == ServicePhase::Stopping ? "" : "STOPPING=1\n") + status_lines());
      return;
  }
}

std::string Notifier::status_lines() const {
  std::string lines = "STATUS=" + status_.text;
  if (status_.phase == ServicePhase::Serving && !failed_reload_.empty()) {
    lines += "; the last reload failed: " + failed_reload_;
  }
  // Matters only once the unit's own timeout for this phase has passed.
  if (status_.patience > Duration::zero()) {
    lines += "\nEXTEND_TIMEOUT_USEC=" + in_microseconds(status_.patience);
  }
  return lines;
}

void Notifier::send(std::string message) {
  if (!socket_) {
    return;
  }
  unsent_.push_back(std::move(message));
  if (unsent_.size() > kMostUnsent) {
    unsent_.pop_front();
  }
  flush();
}

void Notifier::flush() noexcept {
  while (!unsent_.empty()) {
    const auto progress = socket_->send(unsent_.front());
    if (progress == net::NotifySocket::Progress::Full) {
      retry_.start<&Notifier::flush>(this, kRetrySeconds);
      return;
    }
    if (progress == net::NotifySocket::Progress::Failed && !std::exchange(has_warned_, true)) {
      const std::string why = errno_text(errno);
      log_.warning("the service manager cannot be told anything", {{"why", std::string_view(why)}});
    }
    unsent_.pop_front();
  }
}

}  // namespace appserver::master
