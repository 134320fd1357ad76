// The master and its admin process: what it is made of, and what it says.

#include <utility>

#include "master/master_process.h"

namespace appserver::master {

AdminProcess::Surroundings Master::admin_surroundings() {
  return {loop_, setup_.log, [this](auto kept_fds) { leave(kept_fds); }, setup_.admin,
          [this](const ipc::Message& message) { hear_admin(message); }};
}

StatusFacts::Surroundings Master::status_surroundings() {
  return {setup_.name,       started_at_, [this] { return setup_.listeners.displays(); },
          setup_.scoreboard, supervisor_, releases_,
          setup_.store,      deployer_,   children_,
          inquests_,         history_};
}

ControlDesk::Surroundings Master::control_surroundings() {
  return {loop_,
          setup_.log,
          deployer_,
          supervisor_,
          [this](const ipc::Message& message) { admin_.send(message); },
          [this](supervision::Event event) { report(std::move(event)); },
          [this](bool graceful) { stop(graceful); },
          [this] { return reopen_logs(); },
          [this](config::LogLevel level) {
            setup_.log.set_level(level);
            children_.tell_all(ipc::LogLevelSet{static_cast<std::uint8_t>(level)});
          },
          [this] { return upgrade_.request(); }};
}

void Master::hear_admin(const ipc::Message& message) {
  if (const auto* wanted = std::get_if<ipc::SnapshotWanted>(&message)) {
    status_.tell(wanted->id, [this](const ipc::Message& fact) { admin_.send(fact); });
  } else if (const auto* command = std::get_if<ipc::CommandGiven>(&message)) {
    control_.take(*command);
    settle();
  }
}

// Events that nobody takes in time are lost: the log has them.
void Master::start_admin() {
  const bool is_guest = setup_.host_program != nullptr;
  const config::Options& options = deployer_.options();
  if (is_guest && options.control_socket == "auto" && options.admin.empty()) {
    return;  // A program that embeds the server says whether it wants to be told what to do.
  }
  admin_.start();
  setup_.log.set_witness([this](config::LogLevel level, std::string_view message,
                                std::span<const observe::Field> fields) {
    if (!admin_.is_there()) {
      return;
    }
    const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
    admin_.send(ipc::EventTold{observe::event_json(now.count(), level, message, fields)});
  });
}

}  // namespace appserver::master
