#include "master/killer_watch.h"

#include <string>

#include "base/clock.h"

namespace appserver::master {
namespace {

supervision::Killers::Limits limits_of(const config::Options& options) {
  return {static_cast<std::size_t>(options.crash_limit), options.crash_window,
          options.crash_cooldown};
}

}  // namespace

KillerWatch::KillerWatch(const config::Options& options, ipc::BarredRequests& barred,
                         Chronicle& chronicle)
    : barred_(barred), chronicle_(chronicle), killers_(limits_of(options)) {}

void KillerWatch::change_options(const config::Options& options) {
  killers_.change_limits(limits_of(options));
}

void KillerWatch::note_death(const WorkerDeath& death) {
  const bool at_fault = death.crash ? death.crash->event.in_handler != 0 : death.was_overdue;
  if (!death.exchange || !at_fault) {
    return;
  }
  const std::string path(ipc::path_of(death.exchange->target));
  const TimePoint now = Clock::now();
  supervision::Killers::Verdict verdict = killers_.worker_died(death.exchange->method, path, now);
  // A path that was cut on the scoreboard may be the beginning of many.
  if (path.size() >= ipc::ScoreboardEntry::kTargetRoom) {
    verdict.barred_until.reset();
  }
  if (verdict.barred_until) {
    barred_.bar(death.exchange->method, path, *verdict.barred_until);
  }
  if (verdict.is_news) {
    const auto barred_for = verdict.barred_until.value_or(now) - now;
    chronicle_.tell(RequestThatKills{death.exchange->method, path, verdict.deaths, barred_for});
  }
}

}  // namespace appserver::master
