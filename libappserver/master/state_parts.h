#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "ipc/handoff.h"
#include "ipc/messages.h"
#include "ipc/scoreboard.h"
#include "master/state_fields.h"
#include "master/upgrade_state.h"
#include "supervision/ledger_copy.h"

// The fields of each part of the upgrade state, for a visitor of state_fields.h: once, for writing
// and reading. [master] Pure.
//
// Parts of the ledger are taken apart into all of their members, in their order: one that is added
// to such a struct breaks the compilation here, so that nothing is forgotten silently.
namespace appserver::master {

// A part that is written (const) or read.
template <typename T, typename Part>
concept Is = std::same_as<std::remove_const_t<T>, Part>;

// What both programs must have in common, because children of the one speak with the other.
struct Versions {
  unsigned state = kStateVersion;
  unsigned protocol = ipc::kProtocolVersion;
  unsigned handoff = ipc::ConnectionFacts{}.version;
  unsigned scoreboard = ipc::Scoreboard::kLayout;
  std::size_t entry_size = sizeof(ipc::ScoreboardEntry);

  friend bool operator==(const Versions&, const Versions&) = default;
};

void visit_fields(auto& visit, Is<Versions> auto& versions) {
  visit("state", versions.state);
  visit("protocol", versions.protocol);
  visit("handoff", versions.handoff);
  visit("scoreboard", versions.scoreboard);
  visit("entry_size", versions.entry_size);
}

void visit_fields(auto& visit, Is<UpgradeState> auto& state) {
  visit("version", state.version);
  visit("path", state.program);
  visit("name", state.process_name);
  visit("written_at", state.written_at);
}

void visit_fields(auto& visit, Is<SharedState> auto& shared) {
  visit("handoff_send", shared.handoff_send);
  visit("handoff_receive", shared.handoff_receive);
  visit("scoreboard", shared.scoreboard);
  visit("pid_file", shared.pid_file);
}

void visit_fields(auto& visit, Is<supervision::TriedBuild> auto& tried) {
  visit("name", tried.name);
  visit("stamp", tried.stamp);
  visit("has_failed", tried.has_failed);
}

void visit_fields(auto& visit, Is<LogState> auto& log) {
  visit("name", log.name);
  visit("fd", log.fd);
}

void visit_fields(auto& visit, Is<ListenerState> auto& listener) {
  visit("fd", listener.fd);
  visit("display", listener.display);
  visit("socket_file", listener.socket_file);
  visit("bind", listener.bind);
  visit("backlog", listener.backlog);
  visit("mode", listener.mode);
  visit("user", listener.user);
  visit("group", listener.group);
  visit("shared", listener.is_shared);
}

void visit_fields(auto& visit, Is<AdminState> auto& admin) {
  visit("pid", admin.pid);
  visit("commands", admin.commands);
  visit("engine", admin.engine);
  visit("upgrade_command", admin.upgrade_command);
}

void visit_fields(auto& visit, Is<PassedSocketState> auto& socket) {
  visit("fd", socket.fd);
  visit("name", socket.name);
}

void visit_fields(auto& visit, Is<ServiceVariableState> auto& variable) {
  visit("name", variable.name);
  visit("value", variable.value);
}

void visit_fields(auto& visit, Is<ReleaseFileState> auto& file) {
  visit("fd", file.fd);
  visit("path", file.path);
  visit("size", file.size);
  visit("digest", file.digest);
  visit("build_id", file.build_id);
}

void visit_fields(auto& visit, Is<DeployedAppState> auto& app) {
  visit("mount", app.mount);
  visit("path", app.path);
}

void visit_fields(auto& visit, Is<ZygoteProcess> auto& zygote) {
  visit("generation", zygote.generation);
  visit("pid", zygote.pid);
  visit("channel", zygote.channel);
}

void visit_fields(auto& visit, Is<WorkerProcess> auto& worker) {
  visit("pid", worker.pid);
  visit("score", worker.score);
  visit("channel", worker.channel);
  visit("said_ready", worker.said_ready);
}

// --- the ledger ---

void visit_history(auto& visit, const std::string& prefix,
                   Is<supervision::RestartHistory> auto& history) {
  auto& [quick_deaths, not_before] = history;
  visit(prefix + "_deaths", quick_deaths);
  visit(prefix + "_not_before", not_before);
}

void visit_standby(auto& visit, Is<std::optional<supervision::Standby>> auto& standby) {
  std::optional<supervision::Generation> generation;
  std::optional<TimePoint> until;
  if (standby) {
    generation = standby->generation;
    until = standby->until;
  }
  visit("standby", generation);
  visit("standby_until", until);
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(standby)>>) {
    if (generation && until) {
      standby = supervision::Standby{*generation, *until};
    }
  }
}

void visit_fields(auto& visit, Is<supervision::LedgerCopy> auto& copy) {
  auto& [desired, slots, workers, next_worker, generations, newest, standby] = copy;
  auto& [wanted, live, first_boot, rollout, queued, stop, stop_at, exit_code] = desired;
  visit("next_worker", next_worker);
  visit("newest", newest);
  visit("wanted", wanted);
  visit("live", live);
  visit("first_boot", first_boot);
  visit("rollout", rollout);
  visit("queued", queued);
  visit("stop", stop);
  visit("stop_at", stop_at);
  visit("exit_code", exit_code);
  visit_standby(visit, standby);
  static_cast<void>(slots);  // These three have records of their own.
  static_cast<void>(workers);
  static_cast<void>(generations);
}

void visit_fields(auto& visit, Is<supervision::SlotEntry> auto& slot) {
  auto& [current, successor, home, refill, replacement, had_outcome, failed] = slot;
  visit("current", current);
  visit("successor", successor);
  visit("home", home);
  visit_history(visit, "refill", refill);
  visit_history(visit, "replacement", replacement);
  visit("had_outcome", had_outcome);
  visit("failed", failed);
}

// A field of a part that may be missing.
template <typename Part, typename Value>
struct Named {
  const char* name;
  Value Part::*member;
};

// The part is there with both of its fields, or not at all.
template <typename Part, typename First, typename Second>
void visit_pair(auto& visit, Is<std::optional<Part>> auto& part, Named<Part, First> first,
                Named<Part, Second> second) {
  std::optional<First> one;
  std::optional<Second> other;
  if (part) {
    one = (*part).*first.member;
    other = (*part).*second.member;
  }
  visit(first.name, one);
  visit(second.name, other);
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(part)>>) {
    if (one && other) {
      part.emplace();
      (*part).*first.member = std::move(*one);
      (*part).*second.member = std::move(*other);
    }
  }
}

void visit_fields(auto& visit, Is<supervision::Worker> auto& worker) {
  auto& [id, slot, generation, pid, place, state, asked, ready_at, deadline, hang, failure, recycle,
         is_recycled] = worker;
  visit("id", id);
  visit("slot", slot);
  visit("generation", generation);
  visit("pid", pid);
  visit("place", place);
  visit("state", state);
  visit("asked", asked);
  visit("ready_at", ready_at);
  visit("deadline", deadline);
  using supervision::BootFailure;
  using supervision::RecycleWish;
  using Hang = supervision::Worker::Hang;
  visit_pair(visit, hang, Named{"hang_since", &Hang::handler_since},
             Named{"hang_told_at", &Hang::told_at});
  visit_pair(visit, failure, Named{"failure_fault", &BootFailure::fault},
             Named{"failure_why", &BootFailure::why});
  visit_pair(visit, recycle, Named{"recycle_since", &RecycleWish::since},
             Named{"recycle_why", &RecycleWish::why});
  visit("is_recycled", is_recycled);
}

void visit_fields(auto& visit, Is<supervision::GenerationEntry> auto& entry) {
  auto& [generation, state, zygote, last_failure] = entry;
  auto& [zygote_state, deadline, ready_at, restarts] = zygote;
  auto& [fault, why] = last_failure;
  visit("generation", generation);
  visit("state", state);
  visit("zygote", zygote_state);
  visit("zygote_deadline", deadline);
  visit("zygote_ready_at", ready_at);
  visit_history(visit, "zygote", restarts);
  visit("failure_fault", fault);
  visit("failure_why", why);
}

}  // namespace appserver::master
