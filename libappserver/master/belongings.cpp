#include "master/belongings.h"

#include <unistd.h>
#include <utility>

namespace appserver::master {
namespace {

LogState state_of(const observe::LogFile& log) {
  return {log.name(), log.is_standard() ? -1 : log.fd()};
}

observe::LogFile adopt(const LogState& log, int standard_fd) {
  return observe::LogFile::adopt(log.name, standard_fd, UniqueFd(log.fd));
}

}  // namespace

SharedState state_of(const Belongings& belongings) {
  SharedState state;
  state.error_log = state_of(belongings.log_files.error_log());
  if (const observe::LogFile* const access = belongings.log_files.access_log()) {
    state.access_log = state_of(*access);
  }
  for (const net::Listener& listener : belongings.listeners) {
    state.listeners.push_back(
        {listener.fd(), listener.display(), listener.socket_file(), listener.is_inherited()});
  }
  state.handoff_send = belongings.handoff.send_fd();
  state.handoff_receive = belongings.handoff.receive_fd();
  state.scoreboard = belongings.scoreboard.fd();
  state.pid_file = belongings.pid_file ? belongings.pid_file->path() : "";
  return state;
}

Result<Belongings> adopt(const SharedState& state) {
  UniqueFd scoreboard_file(state.scoreboard);
  auto scoreboard = ipc::Scoreboard::adopt(scoreboard_file);
  if (!scoreboard) {
    static_cast<void>(scoreboard_file.release());
    return failure(std::move(scoreboard.error()));
  }
  std::vector<net::Listener> listeners;
  for (const ListenerState& listener : state.listeners) {
    listeners.push_back(net::Listener::resume(UniqueFd(listener.fd), listener.display,
                                              listener.socket_file, listener.inherited));
  }
  std::optional<observe::LogFile> access;
  if (state.access_log) {
    access = adopt(*state.access_log, STDOUT_FILENO);
  }
  return Belongings{
      observe::LogFiles::adopt(adopt(state.error_log, STDERR_FILENO), std::move(access)),
      std::move(listeners), std::move(*scoreboard),
      ipc::Handoff::adopt(UniqueFd(state.handoff_send), UniqueFd(state.handoff_receive)),
      std::nullopt};
}

}  // namespace appserver::master
