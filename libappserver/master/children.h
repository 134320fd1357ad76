#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

#include "base/event_loop.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "ipc/channel.h"
#include "ipc/scoreboard.h"
#include "master/release.h"
#include "master/upgrade_state.h"
#include "supervision/events.h"

namespace appserver::master {

// A zygote that has just been forked, before it is one.
struct ZygoteBirth {
  std::uint32_t generation;
  const Release& release;
  ipc::Channel master;
};

// The slot of a worker that stands on none.
inline constexpr std::uint32_t kUnlistedSlot = 0xffffffff;

// What the kernel and the scoreboard knew of a worker when it ended.
struct WorkerDeath {
  pid_t pid = 0;
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  supervision::ExitReason reason;
  std::optional<ipc::CurrentExchange> exchange = std::nullopt;  // The one it died in.
  bool was_overdue = false;                             // Its handler was over its deadline.
  std::optional<ipc::CrashFacts> crash = std::nullopt;  // What it wrote down itself.
  ipc::Tally answers = {};
};

// A worker whose event loop is held for long. It lives.
struct WorkerHold {
  pid_t pid = 0;
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  std::chrono::milliseconds held{0};
  std::optional<ipc::CurrentExchange> exchange;
  ipc::CrashFacts where;
};

// What a worker is doing, by the scoreboard.
struct WorkerActivity {
  std::uint32_t connections = 0;
  std::optional<ipc::CurrentExchange> exchange;  // What its handler is busy with.
};

// The master's child processes: their pids, channels and entries on the scoreboard. Does to them
// what commands say, and turns what they say and what becomes of them into events. Decides nothing.
// [master]
class Children {
 public:
  struct Surroundings {
    EventLoop& loop;
    ipc::Scoreboard& scoreboard;
    // What a zygote does with itself before it is one: gives up what it inherited. Runs in the
    // child.
    std::function<void(std::span<const int> kept_fds)> leave_master;
    std::function<int(ZygoteBirth)> zygote;  // The zygote's main; returns its exit status.
    std::function<void(supervision::Event)> report;
    // What an app of a generation says of itself.
    std::function<void(std::uint32_t generation, const ipc::AppDescribed&)> describe;
    std::function<void(WorkerDeath)> bury;  // Called before the event WorkerExited is reported.
    std::function<void(const WorkerHold&)> tell_of_hold;
  };
  explicit Children(Surroundings surroundings) : surroundings_(std::move(surroundings)) {}
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;
  ~Children() = default;

  // `release` outlives its zygotes.
  void boot_zygote(std::uint32_t generation, const Release& release);
  void retire_zygote(std::uint32_t generation);
  void kill_zygote(std::uint32_t generation);

  void fork_worker(std::uint32_t slot, std::uint32_t generation);
  // A worker that stands on no slot and knows nobody: it has this listening socket only, hands no
  // connection over and takes none. Reported as one on kUnlistedSlot.
  void fork_unlisted_worker(std::uint32_t generation, int listener);
  // `hand_over`: others stay, to whom it hands its connections.
  void drain_worker(pid_t pid, bool hand_over);
  void stop_worker(pid_t pid);
  void time_out_worker(pid_t pid);
  void kill_worker(pid_t pid);

  // Nothing of one that is gone.
  [[nodiscard]] WorkerActivity activity_of(pid_t pid) const;

  // Has the generation's zygote find out which functions these are. Returns: false when there is
  // none that could be asked.
  bool name_frames(std::uint32_t generation, const ipc::NameFrames& order, ipc::Channel answers);

  // A child of this process ended and was reaped; its pid is forgotten before the event is
  // reported.
  void child_exited(pid_t pid, int wait_status);

  // All processes, for the program that takes this one's place; nothing while the answer to a fork
  // is due.
  struct Family {
    std::vector<ZygoteProcess> zygotes;
    std::vector<WorkerProcess> workers;
  };
  [[nodiscard]] std::optional<Family> family() const;
  // Takes them over, with their channels. What they said meanwhile lies in the channels.
  // Requires: a fresh object; the processes are children of this one.
  void adopt(const Family& family);

  // Of the generation's zygote; 0 while there is none.
  [[nodiscard]] pid_t zygote_pid(std::uint32_t generation) const;
  // To all zygotes and workers.
  void tell_all(const ipc::Message& message);

  // Gives everybody the new log files.
  void send_logs(std::span<const UniqueFd> files);

 private:
  struct Zygote {
    Zygote(Children& children_of, std::uint32_t number, pid_t process, ipc::Channel end);
    void on_message(int) noexcept { children.read_zygote(*this); }

    Children& children;
    std::uint32_t generation;
    pid_t pid;
    ipc::Channel channel;
    IoWatcher watcher;
  };
  struct Worker {
    Worker(Children& children_of, pid_t process, std::uint32_t entry, ipc::Channel end);
    void on_message(int) noexcept { children.read_worker(*this); }

    Children& children;
    pid_t pid;
    std::uint32_t score;
    ipc::Channel channel;
    IoWatcher watcher;
    bool said_ready = false;
  };
  // Asked for, not yet there. Keyed by its entry on the scoreboard.
  struct PendingFork {
    std::uint32_t slot;
    std::uint32_t generation;
    ipc::Channel channel;
  };

  template <typename Child>
  bool read_all(Child& child);
  void read_zygote(Zygote& zygote) noexcept;
  void read_worker(Worker& worker) noexcept;
  void take_message(Zygote& zygote, const ipc::Message& message);
  void take_message(Worker& worker, const ipc::Message& message);
  void loop_held(const Worker& worker, std::chrono::milliseconds held);
  [[nodiscard]] std::optional<ipc::CrashFacts> take_record(std::uint32_t score);
  void worker_forked(const Zygote& zygote, const ipc::WorkerForked& forked);
  void ask_for_worker(std::uint32_t slot, std::uint32_t generation, std::optional<int> listener);
  void bury(pid_t pid, std::uint32_t score, supervision::ExitReason reason);
  void fork_failed(std::uint32_t score, const std::string& why);
  void fail_forks_of(std::uint32_t generation, const std::string& why);
  void worker_exited(pid_t pid, supervision::ExitReason reason);
  void zygote_exited(std::uint32_t generation, supervision::ExitReason reason);
  [[nodiscard]] bool is_our_child(pid_t pid) const;

  Surroundings surroundings_;
  std::map<std::uint32_t, Zygote> zygotes_;  // By generation.
  std::map<pid_t, Worker> workers_;
  std::map<std::uint32_t, PendingFork> pending_;
  // Reaped pids that were nobody's while forks were pending: a worker can end before its zygote's
  // message about it is read, and its end is then reported after that.
  std::map<pid_t, supervision::ExitReason> early_exits_;
};

}  // namespace appserver::master
