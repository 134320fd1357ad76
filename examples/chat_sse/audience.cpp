#include "audience.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <appserver/sse.hpp>

namespace chat {
namespace {

// When a client whose stream was ended comes back: soon, as it misses nothing but time, and not all
// of them at once.
std::string farewell(std::uint64_t number) {
  constexpr std::uint64_t kSoonest = 100;
  constexpr std::uint64_t kStep = 16;
  constexpr std::uint64_t kSteps = 32;
  return "retry: " + std::to_string(kSoonest + number % kSteps * kStep) + "\n\n";
}

}  // namespace

Audience::Audience(const History& history, Limits limits, TooSlow too_slow)
    : history_(history), limits_(limits), too_slow_(std::move(too_slow)) {}

bool Audience::join(std::uint64_t number, const std::string& room, std::uint64_t position,
                    std::unique_ptr<Outlet> outlet) {
  const History::Messages& messages = history_.of(room);
  const auto backlog = std::distance(History::behind(messages, position), messages.end());
  Listener listener{position, false, static_cast<std::size_t>(backlog), std::move(outlet)};
  if (!give(room, listener)) {
    return false;
  }
  const bool is_behind = listener.is_behind;
  rooms_[room].emplace(number, std::move(listener));
  ++count_;
  return is_behind;
}

void Audience::leave(std::uint64_t number, const std::string& room) {
  const auto found = rooms_.find(room);
  if (found != rooms_.end()) {
    count_ -= found->second.erase(number);
    if (found->second.empty()) {
      rooms_.erase(found);
    }
  }
}

bool Audience::give(const std::string& room, Listener& listener) {
  const History::Messages& messages = history_.of(room);
  auto next = History::behind(messages, listener.position);
  // One that was behind may have been overtaken by what the history forgets.
  const bool has_lost = listener.is_behind && listener.position < history_.complete_since();
  while (!has_lost && next != messages.end() && listener.outlet->buffered() < limits_.buffered) {
    if (!listener.outlet->push(next->event)) {
      return false;
    }
    listener.position = next->id;
    ++next;
  }
  const auto behind = static_cast<std::size_t>(std::distance(next, messages.end()));
  listener.backlog = std::min(listener.backlog, behind);
  listener.is_behind = behind > 0;
  if (has_lost || behind > listener.backlog + limits_.behind) {
    listener.outlet->finish();
    too_slow_(room, behind);
    return false;
  }
  return true;
}

template <typename Step>
void Audience::for_each_in(const std::string& room, Listeners& listeners, const Step& step) {
  for (auto each = listeners.begin(); each != listeners.end();) {
    if (step(room, each->first, each->second)) {
      ++each;
    } else {
      each = listeners.erase(each);
      --count_;
    }
  }
}

template <typename Step>
void Audience::for_each(const Step& step) {
  for (auto room = rooms_.begin(); room != rooms_.end();) {
    for_each_in(room->first, room->second, step);
    room = room->second.empty() ? rooms_.erase(room) : std::next(room);
  }
}

bool Audience::tell(const std::string& room) {
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) {
    return false;
  }
  bool any_behind = false;
  for_each_in(found->first, found->second,
              [&](const std::string& name, std::uint64_t, Listener& listener) {
                const bool remains = give(name, listener);
                any_behind = any_behind || (remains && listener.is_behind);
                return remains;
              });
  if (found->second.empty()) {
    rooms_.erase(found);
  }
  return any_behind;
}

bool Audience::catch_up() {
  bool any_behind = false;
  for_each([&](const std::string& room, std::uint64_t, Listener& listener) {
    const bool remains = !listener.is_behind || give(room, listener);
    any_behind = any_behind || (remains && listener.is_behind);
    return remains;
  });
  return any_behind;
}

void Audience::beat() {
  for_each([beat = appserver::to_event_comment("")](const std::string&, std::uint64_t,
                                                    Listener& listener) {
    return listener.outlet->buffered() > 0 || listener.outlet->push(beat);
  });
}

void Audience::dismiss() {
  for_each([](const std::string&, std::uint64_t number, Listener& listener) {
    listener.outlet->push(farewell(number));
    listener.outlet->finish();
    return false;
  });
}

}  // namespace chat
