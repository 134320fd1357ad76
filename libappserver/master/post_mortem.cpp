#include "master/post_mortem.h"

#include <algorithm>
#include <chrono>
#include <signal.h>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/signal_name.h"

namespace appserver::master {
namespace {

using Apps = std::vector<app::MountedSnapshot>;

// A file that an app brought, and whose it is.
struct Origin {
  const app::SnapshotFile* file = nullptr;
  const app::MountedSnapshot* app = nullptr;
};

// Snapshots are loaded by the names of their descriptors.
Origin origin_of(const std::string& module, const Apps& apps) {
  const auto is_of = [&module](const app::SnapshotFile& file) {
    return module == "/proc/self/fd/" + std::to_string(file.fd.get());
  };
  for (const app::MountedSnapshot& each : apps) {
    if (is_of(each.snapshot.app)) {
      return {&each.snapshot.app, &each};
    }
    for (const app::SnapshotFile& library : each.snapshot.libraries) {
      if (is_of(library)) {
        return {&library, &each};
      }
    }
  }
  return {};
}

std::string people_s_name(const std::string& module, const Apps& apps) {
  if (module.empty()) {
    return "appserverd";
  }
  const Origin origin = origin_of(module, apps);
  return origin.file == nullptr ? module : origin.file->path;
}

std::vector<observe::StackFrame> bare_stack(const ipc::CrashFacts& facts, const Apps& apps) {
  std::vector<observe::StackFrame> stack;
  for (const ipc::CodeFrame& frame : facts.frames) {
    observe::StackFrame& bare = stack.emplace_back();
    bare.address = frame.address;
    if (frame.module != ipc::CodeFrame::kNoModule) {
      bare.module = people_s_name(facts.modules[frame.module], apps);
      bare.offset = frame.offset;
    }
  }
  return stack;
}

// Names the app in whose code the innermost frame is that belongs to one; all of several, if none
// does.
void name_app(observe::CrashReport& report, const ipc::CrashFacts& facts, const Apps& apps) {
  const app::MountedSnapshot* guilty = apps.size() == 1 ? &apps.front() : nullptr;
  for (auto frame = facts.frames.begin(); guilty == nullptr && frame != facts.frames.end();
       ++frame) {
    if (frame->module != ipc::CodeFrame::kNoModule) {
      guilty = origin_of(facts.modules[frame->module], apps).app;
    }
  }
  report.app = guilty == nullptr ? app::files_text(apps) : guilty->snapshot.app.path;
  report.build_id = guilty == nullptr ? app::build_ids_text(apps) : guilty->snapshot.app.build_id;
}

observe::CrashReport::Request request_of(const ipc::CurrentExchange& exchange, TimePoint end) {
  observe::CrashReport::Request request;
  request.method = exchange.method;
  request.target = exchange.target;
  request.id = exchange.request_id;
  exchange.peer.append_host_and_port(request.peer);
  request.seconds_in_handler =
      std::max(0.0, std::chrono::duration<double>(end - exchange.started).count());
  return request;
}

std::string how_it_ended(supervision::ExitReason reason) {
  return reason.kind == supervision::ExitReason::Kind::Signalled
             ? signal_name(reason.code)
             : "exit status " + std::to_string(reason.code);
}

// When the worker says that it ended; it may say anything. Writing a core file takes no day.
TimePoint end_of(const ipc::CrashRecord::Event& event, TimePoint now) {
  return event.when > now || event.when < now - std::chrono::hours{24} ? now : event.when;
}

}  // namespace

UnnamedReport report_of(const WorkerHold& hold, const Apps& apps) {
  observe::CrashReport report;
  report.kind = ipc::EndKind::Held;
  report.when = std::chrono::system_clock::now();
  report.cause = "held for " + std::to_string(hold.held.count()) + " ms so far";
  report.pid = hold.pid;
  report.slot = hold.slot;
  report.generation = hold.generation;
  name_app(report, hold.where, apps);
  report.in_handler = hold.where.event.in_handler != 0;
  if (hold.exchange) {
    report.request = request_of(*hold.exchange, Clock::now());
  }
  report.stack = bare_stack(hold.where, apps);
  report.next = "the worker's other clients wait for it; give what blocks to run_blocking()";
  return {std::move(report), {hold.where.modules, hold.where.frames}};
}

UnnamedReport post_mortem(const WorkerDeath& death, const Apps& apps) {
  const ipc::CrashFacts& facts = *death.crash;
  const ipc::CrashRecord::Event& event = facts.event;
  const bool is_timeout = event.kind == ipc::EndKind::Timeout;
  const TimePoint now = Clock::now();
  const TimePoint end = end_of(event, now);
  observe::CrashReport report;
  report.kind = event.kind;
  report.when = std::chrono::system_clock::now() - (now - end);
  report.signal = is_timeout ? SIGABRT : event.signal;
  report.cause = observe::cause_of(event);
  report.fault_address = observe::fault_address_of(event);
  if (death.reason.kind != supervision::ExitReason::Kind::Signalled ||
      death.reason.code != report.signal) {
    report.ended_by = how_it_ended(death.reason);
  }
  report.pid = death.pid;
  report.slot = death.slot;
  report.generation = death.generation;
  name_app(report, facts, apps);
  report.in_handler = event.in_handler != 0;
  if (death.exchange) {
    report.request = request_of(*death.exchange, end);
  }
  report.stack = bare_stack(facts, apps);
  return {std::move(report), {facts.modules, facts.frames}};
}

}  // namespace appserver::master
