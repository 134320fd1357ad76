#include "master/belongings.h"

#include <unistd.h>
#include <utility>
#include <vector>

namespace appserver::master {
namespace {

LogState state_of(const observe::LogFile& log) {
  return {log.name(), log.is_standard() ? -1 : log.fd()};
}

observe::LogFile adopt(const LogState& log, int standard_fd) {
  return observe::LogFile::adopt(log.name, standard_fd, UniqueFd(log.fd));
}

net::Listeners adopt_listeners(const SharedState& state) {
  std::vector<net::PassedSockets::Socket> passed;
  for (const PassedSocketState& socket : state.passed_sockets) {
    passed.push_back({UniqueFd(socket.fd), socket.name});
  }
  std::vector<net::Listeners::Entry> entries;
  for (const ListenerState& listener : state.listeners) {
    entries.push_back({listener.bind, adopt(listener)});
  }
  return {net::PassedSockets(std::move(passed)), std::move(entries)};
}

ServiceVariables adopt_service(const SharedState& state) {
  std::vector<std::pair<std::string, std::string>> variables;
  for (const ServiceVariableState& variable : state.service_variables) {
    variables.emplace_back(variable.name, variable.value);
  }
  return ServiceVariables(std::move(variables));
}

}  // namespace

ListenerState state_of(const std::string& bind, const net::Listener& listener) {
  const net::Listener::Facts& facts = listener.facts();
  const net::SocketAccess& access = facts.options.access;
  return {listener.fd(), facts.display, facts.socket_file, bind,           facts.options.backlog,
          access.mode,   access.user,   access.group,      facts.is_shared};
}

net::Listener adopt(const ListenerState& listener) {
  const net::ListenOptions options{listener.backlog,
                                   {listener.mode, listener.user, listener.group}};
  return net::Listener::resume(
      UniqueFd(listener.fd), {listener.display, listener.socket_file, options, listener.is_shared});
}

SharedState state_of(const Belongings& belongings) {
  SharedState state;
  state.error_log = state_of(belongings.log_files.error_log());
  if (const observe::LogFile* const access = belongings.log_files.access_log()) {
    state.access_log = state_of(*access);
  }
  for (const net::Listeners::Entry& entry : belongings.listeners.entries()) {
    state.listeners.push_back(state_of(entry.bind, entry.listener));
  }
  for (const net::PassedSockets::Socket& socket : belongings.listeners.passed().sockets()) {
    state.passed_sockets.push_back({socket.fd.get(), socket.name});
  }
  for (const auto& [name, value] : belongings.service.all()) {
    state.service_variables.push_back({name, value});
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
  std::optional<observe::LogFile> access;
  if (state.access_log) {
    access = adopt(*state.access_log, STDOUT_FILENO);
  }
  return Belongings{
      observe::LogFiles::adopt(adopt(state.error_log, STDERR_FILENO), std::move(access)),
      adopt_service(state),
      adopt_listeners(state),
      std::move(*scoreboard),
      ipc::Handoff::adopt(UniqueFd(state.handoff_send), UniqueFd(state.handoff_receive)),
      std::nullopt};
}

}  // namespace appserver::master
