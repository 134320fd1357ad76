#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "base/event_loop.h"
#include "ipc/scoreboard.h"
#include "ipc/tally.h"
#include "supervision/events.h"

namespace appserver::master {

// What the generations answered, counted from the scoreboard; and, while a deploy is watched, a
// report of it several times a second. Judges nothing. [master]
class DeployWatch {
 public:
  // All outlive it.
  DeployWatch(EventLoop& loop, const ipc::Scoreboard& scoreboard,
              std::function<void(supervision::Event)> report);
  DeployWatch(const DeployWatch&) = delete;
  DeployWatch& operator=(const DeployWatch&) = delete;

  // A worker is gone, and its entry will be cleared: what it answered still counts.
  void bury(std::uint32_t generation, const ipc::Tally& answers) { dead_[generation] += answers; }
  // Nothing of the generation is left.
  void forget(std::uint32_t generation) { dead_.erase(generation); }

  // Reports FiguresTaken of what happens from now on, until stop(). Requires: none is under way.
  void start(std::uint32_t green, std::uint32_t blue);
  void stop();

  // All that the generation's workers answered.
  [[nodiscard]] ipc::Tally answers_of(std::uint32_t generation) const;

 private:
  struct Window {
    std::uint32_t green;
    std::uint32_t blue;
    ipc::Tally green_before;
    ipc::Tally blue_before;
  };

  void report() noexcept;

  const ipc::Scoreboard& scoreboard_;
  std::function<void(supervision::Event)> report_;
  std::map<std::uint32_t, ipc::Tally> dead_;
  std::optional<Window> window_;
  TimerWatcher tick_;
};

}  // namespace appserver::master
