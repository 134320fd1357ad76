#pragma once

#include <cstdint>
#include <string>
#include <vector>

// What the admin process and the master say to each other. Part of messages.h, which includes this
// and has the rules.
namespace appserver::ipc {

// --- admin to master ---

// Tell all that there is to see: answered by any number of the ...Facts, then by SnapshotEnd, all
// with this id.
struct SnapshotWanted {
  std::uint32_t id;
};

enum class ControlCommand : std::uint8_t {
  Deploy,
  Reload,
  Rollback,
  Scale,
  Recycle,
  Stop,
  ReopenLogs,
  SetLogLevel,
  Upgrade,
};

// Somebody who may do so wants this. Answered by any number of CommandProgress and one
// CommandEnded, unless the server ends before. What a command does not need is left as it is here.
struct CommandGiven {
  std::uint32_t id = 0;
  ControlCommand command{};  // Any value: it may come from a newer build.
  std::uint32_t uid = 0;     // Who.
  std::int32_t pid = 0;
  std::string path = {};     // Deploy.
  std::int64_t canary = -1;  // -1, here and below: as the options have it.
  std::int64_t watch_milliseconds = -1;
  std::uint8_t verify = 1;
  std::uint8_t force = 0;
  std::uint8_t supersede = 0;
  std::uint32_t workers = 0;  // Scale.
  std::uint8_t quick = 0;     // Stop.
  std::uint8_t level = 0;     // SetLogLevel: config::LogLevel.
  std::string mount = {};     // Deploy, Rollback; empty: the only one.
};

// --- master to admin ---

// Times are milliseconds, points in time since the epoch.
struct ServerFacts {
  std::uint32_t id = 0;
  std::string name = {};
  std::string version = {};
  std::int32_t pid = 0;
  std::string state = {};
  std::int64_t started_at = 0;
  std::string app = {};
  std::vector<std::string> binds = {};
  std::uint32_t workers = 0;  // That there are to be.
};
struct GenerationFacts {
  std::uint32_t id = 0;
  std::uint32_t generation = 0;
  std::uint32_t release = 0;  // The newest of its apps.
  std::string state = {};
  std::int32_t zygote_pid = 0;  // 0: there is none.
};
// One that is kept.
struct ReleaseFacts {
  std::uint32_t id = 0;
  std::uint32_t release = 0;
  std::string app = {};
  std::string name = {};
  std::string version = {};
  std::string build_id = {};
  std::string digest = {};
  std::int64_t at = 0;
  std::string who = {};
  std::string outcome = {};
  std::string why = {};
  std::uint8_t is_live = 0;
  std::uint8_t is_previous = 0;
  std::string mount = {};
};
// One that has ended, or is under way.
struct DeployFacts {
  std::uint32_t id = 0;
  std::uint8_t is_under_way = 0;
  std::uint32_t generation = 0;
  std::uint32_t release = 0;
  std::string path = {};
  std::string state = {};  // How it ended, or how far it is.
  std::string why = {};
  std::string who = {};
  std::int64_t at = 0;
  std::int64_t took = 0;
};
struct PastCrash {
  std::uint32_t id = 0;
  std::int64_t at = 0;
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  std::int32_t pid = 0;
  std::string signal = {};
  std::string method = {};
  std::string target = {};
  std::string stack_top = {};
};
// What only grows, since the master's program was started.
struct CountFacts {
  std::uint32_t id = 0;
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;
  std::vector<std::uint64_t> times = {};  // By ipc::bucket_of().
  std::vector<std::string> exit_reasons = {};
  std::vector<std::uint64_t> exits = {};  // Of workers, by these.
  std::vector<std::string> outcomes = {};
  std::vector<std::uint64_t> deploys = {};  // By these.
};
struct SnapshotEnd {
  std::uint32_t id;
};

struct CommandProgress {
  std::uint32_t id = 0;
  std::string what = {};
  std::uint32_t generation = 0;
  std::int64_t slot = -1;  // -1: it is about none.
};
struct CommandEnded {
  std::uint32_t id = 0;
  std::uint8_t ok = 0;
  std::string outcome = {};
  std::uint32_t generation = 0;
  std::uint32_t release = 0;
  std::string why = {};
  std::int64_t took = 0;
};
// A record of the master's log, as one line of JSON.
struct EventTold {
  std::string line;
};

}  // namespace appserver::ipc
