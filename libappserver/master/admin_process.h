#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

#include "base/clock.h"
#include "base/event_loop.h"
#include "base/result.h"
#include "config/options.h"
#include "ipc/channel.h"
#include "ipc/messages.h"
#include "master/upgrade_state.h"
#include "net/listener.h"
#include "observe/log.h"

namespace appserver::master {

// What the admin process is born with.
struct AdminBirth {
  ipc::Channel commands;  // What it and the master say to each other.
  ipc::Channel engine;    // Tells its engine when to end.
  std::vector<int> listener_fds;
  const config::Options& options;
  unsigned master_uid;
  std::string admin_host;  // That of --admin; empty: none.
};

// The admin process as the master sees it: it has the sockets opened, forks it, starts another one
// when it dies, and passes messages on. Its death harms nobody: the sockets stay open here, and
// who connects meanwhile waits for the next one. [master]
class AdminProcess {
 public:
  struct Surroundings {
    EventLoop& loop;
    observe::Log& log;
    // What the child does first, and then for the rest of its life.
    std::function<void(std::span<const int> kept_fds)> leave_master;
    std::function<int(AdminBirth)> live;
    // A message of it arrived.
    std::function<void(const ipc::Message&)> take;
  };
  // `options` are those at the start of the program: sockets do not change later.
  AdminProcess(Surroundings surroundings, const config::Options& options, std::string server_name);
  AdminProcess(const AdminProcess&) = delete;
  AdminProcess& operator=(const AdminProcess&) = delete;
  ~AdminProcess();

  // Opens the sockets that are wanted, and forks. What cannot be opened is told and left out.
  void start();
  // What finds no room is sent when there is some. A process that takes nothing for long is ended:
  // whoever waits behind it learns that, and the next one works.
  void send(ipc::Message message) noexcept;

  // For the program that takes this one's place: the sockets, and the process if there is one.
  void pass_on(SharedState& shared, FamilyState& family) const;
  // Takes them over, before start(). That process is of another program: it is told `news`, which
  // is about the upgrade, and leaves when it has passed that on; then comes another one.
  void adopt(const SharedState& shared, const FamilyState& family, ipc::CommandEnded news);
  // Returns: whether it was this one that ended.
  bool child_exited(pid_t pid, int wait_status) noexcept;
  // Has it finish its answers, waits for its end, which does not take long, and closes the sockets.
  void end() noexcept;

  [[nodiscard]] bool is_there() const noexcept { return process_.has_value(); }

 private:
  struct Process {
    pid_t pid;
    ipc::Channel commands;
    ipc::Channel engine;
    TimePoint since;
    bool is_leaving = false;  // Because it was asked to.
  };

  void open_control_socket();
  void try_socket_again() noexcept;
  [[nodiscard]] Result<std::string> control_path() const;
  void open_admin_address();
  void fork() noexcept;
  void talk_to(Process process);
  void replace();
  void on_message(int) noexcept;
  void on_room(int) noexcept;
  void fall_silent();

  Surroundings surroundings_;
  const config::Options options_;
  const std::string server_name_;
  const std::string admin_host_;
  std::optional<net::Listener> control_socket_;
  std::optional<net::Listener> admin_address_;
  std::optional<Process> process_;
  std::optional<ipc::CommandEnded> news_;  // For the adopted process.
  std::deque<ipc::Message> waiting_;       // For room in its channel.
  IoWatcher watcher_;
  IoWatcher room_;
  TimerWatcher again_;
  TimerWatcher again_for_socket_;
  bool was_told_ = false;  // That there is no control socket.
  double pause_seconds_;
};

// Where the control socket of a server is, if it is not configured.
[[nodiscard]] std::string default_control_socket(const std::string& server_name);

}  // namespace appserver::master
