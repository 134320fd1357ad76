#include "master/chronicle.h"

#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include "base/signal_name.h"

namespace appserver::master {
namespace {

std::string describe(supervision::ExitReason reason) {
  return reason.kind == supervision::ExitReason::Kind::Signalled
             ? signal_name(reason.code)
             : "exit status " + std::to_string(reason.code);
}

std::string describe(std::chrono::milliseconds delay) {
  return delay.count() == 0 ? "it is replaced at once"
                            : "it is replaced in " + std::to_string(delay.count()) + " ms";
}

bool is_abnormal(supervision::ExitReason reason) {
  return reason.kind == supervision::ExitReason::Kind::Signalled || reason.code != 0;
}

std::string_view headline(ipc::EndKind kind) {
  switch (kind) {
    case ipc::EndKind::Timeout:
      return "a worker was ended because a handler took too long";
    case ipc::EndKind::Held:
      return "a worker's event loop is blocked";
    case ipc::EndKind::None:
    case ipc::EndKind::Crash:
      break;
  }
  return "a worker crashed";
}

}  // namespace

void Chronicle::note_death(WorkerDeath death) {
  death_ = std::move(death);
}

void Chronicle::tell(const supervision::WorkerForkFailed& failed) {
  log_.error("a worker could not be forked", {{"slot", failed.slot},
                                              {"generation", failed.generation},
                                              {"why", std::string_view(failed.why)}});
}

void Chronicle::tell(const supervision::GenerationLive& live) {
  log_.info("the generation is live", {{"generation", live.generation}});
}

void Chronicle::tell(const supervision::GenerationFailed& failed) {
  last_failure_ = failed.why;
  log_.error("the generation failed",
             {{"generation", failed.generation}, {"why", std::string_view(failed.why)}});
}

void Chronicle::tell(const supervision::WorkerLost& lost) {
  std::string what_next = describe(lost.delay);
  if (lost.crash_loop) {
    what_next += "; it keeps dying soon after its start and is tried slowly from now on";
  }
  if (!death_.has_value()) {  // It died so early that only its pid is known.
    death_ = WorkerDeath{lost.pid, lost.slot, lost.generation, lost.reason};
  }
  if (death_->crash.has_value()) {
    next_ = what_next;
  } else {
    tell_death(what_next);
  }
}

void Chronicle::tell(const supervision::ZygoteLost& lost) {
  const std::string how = describe(lost.reason);
  const std::string what_next = describe(lost.delay);
  log_.error("the zygote ended; its workers go on", {{"generation", lost.generation},
                                                     {"reason", std::string_view(how)},
                                                     {"why", std::string_view(lost.why)},
                                                     {"next", std::string_view(what_next)}});
}

void Chronicle::tell(const supervision::WorkerRecycled& recycled) {
  log_.info("a worker is recycled", {{"slot", recycled.slot},
                                     {"generation", recycled.generation},
                                     {"worker_pid", recycled.pid},
                                     {"why", std::string_view(recycled.why)}});
}

void Chronicle::tell(const supervision::StopDelayed& delayed) {
  log_.info("serving on while load balancers notice; once more SIGTERM begins the stop at once",
            {{"milliseconds", delayed.delay.count()}});
}

// The worker itself tells what it has to cut, unless its handler hangs: then this is all there is.
void Chronicle::tell(const supervision::DrainTimedOut& late, const WorkerActivity& activity) {
  constexpr std::string_view kMessage =
      "a worker did not finish within the graceful timeout and is ended";
  if (!activity.exchange.has_value()) {
    log_.warning(
        kMessage,
        {{"slot", late.slot}, {"worker_pid", late.pid}, {"connections", activity.connections}});
    return;
  }
  const std::chrono::duration<double> in_handler = Clock::now() - activity.exchange->started;
  log_.warning(kMessage, {{"slot", late.slot},
                          {"worker_pid", late.pid},
                          {"connections", activity.connections},
                          {"method", std::string_view(activity.exchange->method)},
                          {"target", std::string_view(activity.exchange->target)},
                          {"seconds_in_handler", in_handler.count()}});
}

void Chronicle::tell(const supervision::DeployAdvanced& advanced) {
  log_.debug("the deploy goes on", {{"generation", advanced.generation},
                                    {"stage", supervision::name_of(advanced.stage)}});
}

void Chronicle::tell(const supervision::SlotSwapped& swapped) {
  log_.debug(
      "a slot was swapped",
      {{"slot", swapped.slot}, {"generation", swapped.generation}, {"worker_pid", swapped.pid}});
}

void Chronicle::tell(const supervision::StartFallback& command, const Release& release) {
  const std::string files = app::files_text(release.apps);
  const std::string build_ids = app::build_ids_text(release.apps);
  log_.error("THE APP CANNOT BE STARTED; the release that was live last is served instead",
             {{"generation", command.generation},
              {"release", release.apps.front().number},
              {"app", std::string_view(files)},
              {"build_id", std::string_view(build_ids)},
              {"why", std::string_view(last_failure_)}});
}

// That a generation is live or failed is told when it happens; here, only what comes after that.
void Chronicle::tell(const supervision::DeployEnded& ended) {
  if (ended.outcome == supervision::DeployOutcome::RolledBack) {
    log_.warning("the deploy was rolled back; the generation before it serves on all slots",
                 {{"generation", ended.generation}, {"why", std::string_view(ended.why)}});
  }
}

std::string Chronicle::close_entry() {
  constexpr const char* kLeaving = "it was leaving anyway";
  if (death_.has_value() && !death_->crash.has_value() && is_abnormal(death_->reason)) {
    tell_death(kLeaving);
  }
  death_.reset();
  std::string next = std::exchange(next_, "");
  return next.empty() ? kLeaving : next;
}

void Chronicle::tell(const observe::CrashReport& report) {
  const bool is_crash = report.kind == ipc::EndKind::Crash;
  const std::string signal = is_crash ? signal_name(report.signal) : "";
  const std::string fault_address = observe::hex_text(report.fault_address.value_or(0));
  const std::vector<std::string> stack = observe::stack_lines(report);
  std::vector<observe::Field> fields{
      {"slot", report.slot}, {"generation", report.generation}, {"worker_pid", report.pid}};
  const auto add = [&fields](std::string_view key, const std::string& text) {
    if (!text.empty()) {
      fields.emplace_back(key, std::string_view(text));
    }
  };
  add("signal", signal);
  add("cause", report.cause);
  if (report.fault_address) {
    add("fault_address", fault_address);
  }
  add("ended_by", report.ended_by);
  if (report.request) {
    add("method", report.request->method);
    add("target", report.request->target);
    add("request_id", report.request->id);
    add("peer", report.request->peer);
    fields.emplace_back("seconds_in_handler", report.request->seconds_in_handler);
  }
  fields.emplace_back("in_handler", report.in_handler);
  add("next", report.next);
  if (!stack.empty()) {
    fields.emplace_back("error.stack_trace", observe::Lines{stack});
  }
  log_.write(report.is_end() ? config::LogLevel::Error : config::LogLevel::Warning,
             headline(report.kind), fields);
}

void Chronicle::tell(const RequestThatKills& request) {
  const std::chrono::duration<double> seconds = request.barred_for;
  const bool is_barred = seconds.count() > 0;
  log_.error("a request ends workers again and again",
             {{"method", std::string_view(request.method)},
              {"path", std::string_view(request.path)},
              {"deaths", request.deaths},
              {"barred_seconds", seconds.count()},
              {"next", is_barred ? "it is answered 503 for that time"
                                 : "it goes on to the app; --crash-cooldown would stop it"}});
}

void Chronicle::tell_death(const std::string& what_next) {
  const WorkerDeath death = std::move(*std::exchange(death_, std::nullopt));
  const std::string how = describe(death.reason);
  const std::string_view message =
      is_abnormal(death.reason) ? "a worker died" : "a worker left unasked";
  const ipc::CurrentExchange exchange = death.exchange.value_or(ipc::CurrentExchange{});
  const auto level =
      is_abnormal(death.reason) ? config::LogLevel::Error : config::LogLevel::Warning;
  if (!death.exchange.has_value()) {
    log_.write(level, message,
               {{"slot", death.slot},
                {"generation", death.generation},
                {"worker_pid", death.pid},
                {"reason", std::string_view(how)},
                {"next", std::string_view(what_next)}});
    return;
  }
  const std::chrono::duration<double> in_handler = Clock::now() - exchange.started;
  log_.write(level, message,
             {{"slot", death.slot},
              {"generation", death.generation},
              {"worker_pid", death.pid},
              {"reason", std::string_view(how)},
              {"method", std::string_view(exchange.method)},
              {"target", std::string_view(exchange.target)},
              {"seconds_in_handler", in_handler.count()},
              {"next", std::string_view(what_next)}});
}

}  // namespace appserver::master
