#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <limits>
#include <memory>
#include <optional>
#include <poll.h>
#include <string>
#include <utility>
#include <vector>

#include <appserver/abi_async.h>

namespace appserver::testing {

// Not part of the user's interface: the waits that the app has begun, for time and descriptors.
// Each is over before its callback is called. [worker]
class WaitList {
 public:
  using Time = std::chrono::nanoseconds;  // fake

  // Returns: null for an order that makes no sense.
  [[nodiscard]] appserver_wait* add(const appserver_wait_order& order, Time now) {
    const bool has_limit = order.milliseconds != kAnyTime;
    const bool watches = order.events == APPSERVER_WAIT_READABLE ||  //
                         order.events == APPSERVER_WAIT_WRITABLE;
    const bool makes_sense = watches ? ::fcntl(order.fd, F_GETFD) >= 0
                                     : order.events == APPSERVER_WAIT_TIME && has_limit;
    if (!makes_sense) {
      return nullptr;
    }
    const auto due = has_limit ? std::optional(now + bounded(order.milliseconds)) : std::nullopt;
    waits_.push_back(std::make_unique<Wait>(Wait{order, due}));
    return reinterpret_cast<appserver_wait*>(waits_.back().get());
  }
  void remove(const appserver_wait* wait) noexcept {
    std::erase_if(waits_, [wait](const std::unique_ptr<Wait>& each) {
      return reinterpret_cast<const appserver_wait*>(each.get()) == wait;
    });
  }

  [[nodiscard]] bool is_empty() const noexcept { return waits_.empty(); }
  [[nodiscard]] bool has_descriptors() const noexcept {
    return std::any_of(waits_.begin(), waits_.end(),
                       [](const auto& each) { return each->order.events != APPSERVER_WAIT_TIME; });
  }

  // When the first wait is due; the one that began first, of several. Nullopt: none ever is.
  [[nodiscard]] std::optional<Time> next_due() const noexcept {
    const Wait* const first = first_due();
    return first == nullptr ? std::nullopt : first->due;
  }
  // Ends the first wait that is due. Returns: whether there was one.
  bool run_due(Time now) {
    const Wait* const first = first_due();
    if (first == nullptr || *first->due > now) {
      return false;
    }
    end(first, APPSERVER_WAIT_TIME);
    return true;
  }

  // Ends the first wait whose descriptor is ready, within `most` of real time; negative: any time.
  // Returns early, as well, when `wake_fd` can be read. Returns: whether there was one of both.
  bool run_ready(int wake_fd, std::chrono::milliseconds most) {
    std::vector<pollfd> watched{{wake_fd, POLLIN, 0}};
    std::vector<const Wait*> order{nullptr};
    for (const std::unique_ptr<Wait>& each : waits_) {
      if (each->order.events != APPSERVER_WAIT_TIME) {
        const bool reads = each->order.events == APPSERVER_WAIT_READABLE;
        watched.push_back({each->order.fd, static_cast<short>(reads ? POLLIN : POLLOUT), 0});
        order.push_back(each.get());
      }
    }
    if (::poll(watched.data(), watched.size(), static_cast<int>(most.count())) <= 0) {
      return false;
    }
    for (std::size_t at = 1; at < watched.size(); ++at) {
      if (watched[at].revents != 0) {  // An error as well: the app will meet it.
        end(order[at], order[at]->order.events);
        return true;
      }
    }
    return true;
  }

  // What is waited for, for people; empty when that is nothing.
  [[nodiscard]] std::string description() const {
    std::string text;
    for (const std::unique_ptr<Wait>& each : waits_) {
      text.append(text.empty() ? "" : ", ");
      if (each->order.events == APPSERVER_WAIT_TIME) {
        text.append("time to pass");
      } else {
        const bool reads = each->order.events == APPSERVER_WAIT_READABLE;
        text.append("descriptor ").append(std::to_string(each->order.fd));
        text.append(reads ? " to become readable" : " to become writable");
      }
    }
    return text;
  }

 private:
  struct Wait {
    appserver_wait_order order;
    std::optional<Time> due;
  };
  static constexpr std::uint64_t kAnyTime = std::numeric_limits<std::uint64_t>::max();

  // Some years are as good as for ever, and can be added to a time.
  [[nodiscard]] static Time bounded(std::uint64_t milliseconds) noexcept {
    constexpr std::chrono::milliseconds kLong = std::chrono::years(50);
    const auto most = static_cast<std::uint64_t>(kLong.count());
    return std::chrono::milliseconds(static_cast<std::int64_t>(std::min(milliseconds, most)));
  }

  [[nodiscard]] const Wait* first_due() const noexcept {
    const Wait* first = nullptr;
    for (const std::unique_ptr<Wait>& each : waits_) {
      if (each->due && (first == nullptr || *each->due < *first->due)) {
        first = each.get();
      }
    }
    return first;
  }

  void end(const Wait* wait, std::int32_t result) {
    const appserver_wait_order order = wait->order;
    std::erase_if(waits_, [wait](const auto& each) { return each.get() == wait; });
    order.callback(order.state, result);
  }

  std::vector<std::unique_ptr<Wait>> waits_;  // in the order in which they began
};

}  // namespace appserver::testing
