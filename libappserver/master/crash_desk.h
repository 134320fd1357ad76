#pragma once

#include <deque>
#include <functional>
#include <list>
#include <vector>

#include "base/event_loop.h"
#include "ipc/channel.h"
#include "ipc/messages.h"
#include "observe/crash_report.h"

namespace appserver::master {

// Completes the reports on workers that ended in the middle of their work: has the functions on
// their stacks named, which takes some time and may fail, and publishes each report exactly once,
// within a few seconds, with what is known by then. [master]
class CrashDesk {
 public:
  // How many reports are kept.
  static constexpr std::size_t kMostKept = 20;

  struct Surroundings {
    EventLoop& loop;
    // Has a zygote of the generation find the names. Returns: false when there is none to ask.
    std::function<bool(std::uint32_t generation, const ipc::NameFrames&, ipc::Channel answers)> ask;
    std::function<void(const observe::CrashReport&)> publish;
  };

  explicit CrashDesk(Surroundings surroundings) : surroundings_(std::move(surroundings)) {}
  CrashDesk(const CrashDesk&) = delete;
  CrashDesk& operator=(const CrashDesk&) = delete;
  ~CrashDesk() = default;

  // Takes a report, whose stack has one entry for each frame of `raw` and no names yet.
  void take(observe::CrashReport report, ipc::NameFrames raw);

  // The server ends: publishes what it has.
  void close();

  // Whether no report waits for names.
  [[nodiscard]] bool is_empty() const noexcept { return cases_.empty(); }

  // The newest reports that were published, the oldest first.
  [[nodiscard]] const std::deque<observe::CrashReport>& recent() const noexcept { return recent_; }

 private:
  // A report that waits for names.
  struct Case {
    Case(CrashDesk& owner, observe::CrashReport the_report, ipc::Channel end);
    void on_answer(int) noexcept;
    void on_time() noexcept { desk.conclude(*this); }

    CrashDesk& desk;
    observe::CrashReport report;
    std::vector<std::vector<observe::StackFrame>> names;  // By frame.
    ipc::Channel answers;
    IoWatcher watcher;
    TimerWatcher deadline;
  };

  void conclude(Case& one);
  void publish(observe::CrashReport report);

  Surroundings surroundings_;
  std::list<Case> cases_;
  std::deque<observe::CrashReport> recent_;
};

}  // namespace appserver::master
