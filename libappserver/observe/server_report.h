#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ipc/control_messages.h"
#include "ipc/scoreboard.h"

// All that there is to see of a running server, and its forms for programs: JSON, and text for
// Prometheus. docs/CONTROL.md promises them. [any] Pure.
namespace appserver::observe {

// A worker process, as it describes itself on the scoreboard.
struct SlotReport {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  std::int32_t pid = 0;
  ipc::WorkerState state = ipc::WorkerState::Empty;
  std::uint64_t requests = 0;
  std::uint32_t connections = 0;
  bool is_idle = false;
  struct Current {
    std::string method;
    std::string target;
    double seconds = 0;
  };
  std::optional<Current> current = std::nullopt;
};

struct ServerReport {
  ipc::ServerFacts server;
  std::vector<ipc::GenerationFacts> generations;
  std::vector<SlotReport> slots;  // By slot; of one slot, the older worker first.
  std::vector<ipc::ReleaseFacts> releases;
  std::optional<ipc::DeployFacts> deploy;  // That is under way.
  std::vector<ipc::DeployFacts> deploys;
  std::vector<ipc::PastCrash> crashes;
  ipc::CountFacts counts;
};

// Takes what the master said into the report.
void add_facts(ServerReport& report, const ipc::ServerFacts& facts);
void add_facts(ServerReport& report, const ipc::GenerationFacts& facts);
void add_facts(ServerReport& report, const ipc::ReleaseFacts& facts);
void add_facts(ServerReport& report, const ipc::DeployFacts& facts);
void add_facts(ServerReport& report, const ipc::PastCrash& facts);
void add_facts(ServerReport& report, const ipc::CountFacts& facts);

// The workers on the scoreboard, but those that stand on no slot. `now`: on its clock.
[[nodiscard]] std::vector<SlotReport> read_slots(const ipc::Scoreboard& scoreboard, TimePoint now);

// One object each, with an end of line. `now`: milliseconds since the epoch.
[[nodiscard]] std::string status_json(const ServerReport& report, std::int64_t now);
[[nodiscard]] std::string workers_json(const ServerReport& report);
[[nodiscard]] std::string releases_json(const ServerReport& report);

// The exposition format of Prometheus, version 0.0.4.
[[nodiscard]] std::string metrics_text(const ServerReport& report);

}  // namespace appserver::observe
