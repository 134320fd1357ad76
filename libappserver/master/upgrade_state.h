#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/options.h"
#include "supervision/ledger_copy.h"
#include "supervision/tried_builds.h"

// What a master leaves to the program that takes its place in the same process, and its written
// form. Descriptors are told by their numbers, which execve(2) does not change.
//
// The form is text: the first line says its version, each other one is a record (ipc/records.h).
// Records and values that a reader does not know are left alone, and values that a writer did not
// know keep their defaults: so new ones may be added without a new version, as long as an older
// master may go on without them. Anything else raises kStateVersion, and programs of different
// versions refuse each other. To add something: a member here, its line in upgrade_state.cpp.
namespace appserver::master {

inline constexpr unsigned kStateVersion = 2;

// A log: descriptor -1 is the standard one.
struct LogState {
  std::string name;
  int fd = -1;
};

struct ListenerState {
  int fd = -1;
  std::string display;
  std::string socket_file;
  std::string bind = {};
  int backlog = 0;
  std::optional<mode_t> mode;
  std::optional<uid_t> user;
  std::optional<gid_t> group;
  bool is_shared = false;
};

// Opened by a service manager.
struct PassedSocketState {
  int fd = -1;
  std::string name;
};

// What a service manager had said in the environment.
struct ServiceVariableState {
  std::string name;
  std::string value;
};

struct ReleaseFileState {
  int fd = -1;
  std::string path;
  std::uint64_t size = 0;
  std::uint64_t digest = 0;
  std::string build_id;
};

struct ReleaseAppState {
  ReleaseFileState app;
  std::vector<ReleaseFileState> libraries;
  unsigned number = 0;
};

struct ReleaseState {
  supervision::Generation generation = 0;
  config::Options options;
  std::vector<ReleaseAppState> apps;  // One for each of its mounts, in their order.
};

// A path that was deployed since the configuration was read.
struct DeployedAppState {
  std::string mount;  // Its label.
  std::string path;
};

struct ZygoteProcess {
  std::uint32_t generation = 0;
  pid_t pid = -1;
  int channel = -1;
};

struct WorkerProcess {
  pid_t pid = -1;
  std::uint32_t score = 0;
  int channel = -1;
  bool said_ready = false;
};

// What all processes of the server share, and its outside.
struct SharedState {
  LogState error_log;
  std::optional<LogState> access_log;
  std::vector<ListenerState> listeners;
  std::vector<PassedSocketState> passed_sockets;
  std::vector<ServiceVariableState> service_variables;
  int handoff_send = -1;
  int handoff_receive = -1;
  int scoreboard = -1;
  std::string pid_file;  // Empty: there is none.
  std::optional<ListenerState> control_socket = {};
  std::optional<ListenerState> admin_address = {};
};

// The admin process. The next program tells it how the upgrade went, and puts another in its place.
struct AdminState {
  pid_t pid = -1;
  int commands = -1;
  int engine = -1;
  std::uint32_t upgrade_command = 0;  // That asked for the upgrade; 0: none did.
};

// What the master knows of its family.
struct FamilyState {
  config::Options options;  // As the configuration was read last.
  std::vector<DeployedAppState> deployed_apps;
  std::vector<ReleaseState> releases;
  std::vector<ZygoteProcess> zygotes;
  std::vector<WorkerProcess> workers;
  std::vector<supervision::TriedBuild> tried_builds;  // See BuildWatch.
  supervision::LedgerCopy ledger;
  std::optional<AdminState> admin = {};
  std::int64_t started_at = 0;  // Of the server, whatever programs it has run; ms since the epoch.
};

struct UpgradeState {
  std::string version;       // Of the program that wrote it.
  std::string program;       // The path by which the server was started.
  std::string process_name;  // What `ps -o comm` shows, which execve(2) changes.
  TimePoint written_at{};
  SharedState shared;
  FamilyState family;
  // Why a newer program that was given this state put the one that wrote it back; else empty.
  std::string refusal;
};

// [master] Pure.
[[nodiscard]] std::string write_state(const UpgradeState& state);

// What is added to a written state when its writer is put back.
[[nodiscard]] std::string write_refusal(std::string_view why);

// Errors: another version of this form or of what processes say to each other, text that is none of
// ours or cut off, numbers that do not fit together. Does not look at what the numbers name: see
// check_descriptors(). [master] Pure.
[[nodiscard]] Result<UpgradeState> read_state(std::string_view text);

// All descriptors that the state names.
[[nodiscard]] std::vector<int> descriptors_of(const UpgradeState& state);

}  // namespace appserver::master
