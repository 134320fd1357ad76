#include "supervision/zygotes.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "supervision/deploy.h"
#include "supervision/wording.h"

namespace appserver::supervision {
namespace {

// The generation cannot fork, for this reason. What that means depends on its role.
void note_failure(Ledger& ledger, GenerationEntry& entry, BootFailure failure) {
  entry.last_failure = std::move(failure);
  if (entry.generation == ledger.desired.rollout) {
    abort_deploy(ledger, entry.last_failure.why);
  } else if (entry.generation == ledger.desired.live) {
    ledger.workers.note_vacancies_failed();
  }
}

void boot(Ledger& ledger, GenerationEntry& entry, TimePoint now) {
  entry.zygote.state = ZygoteState::Booting;
  entry.zygote.deadline = now + ledger.policy.boot_timeout;
  entry.zygote.ready_at.reset();
  ledger.command(BootZygote{entry.generation});
}

void retire(Ledger& ledger, GenerationEntry& entry, TimePoint now) {
  // One that is loading reads no messages; the app's retire hook has nothing to clean up yet.
  const bool patient =
      entry.zygote.state == ZygoteState::Ready && ledger.desired.stop != StopMode::Quick;
  entry.zygote.state = ZygoteState::Leaving;
  entry.zygote.deadline =
      now + (patient ? ledger.policy.graceful_timeout : ledger.policy.kill_grace);
  ledger.command(RetireZygote{entry.generation});
}

void kill(Ledger& ledger, GenerationEntry& entry) {
  entry.zygote.state = ZygoteState::Leaving;
  entry.zygote.deadline.reset();
  ledger.command(KillZygote{entry.generation});
}

void kill_slow_one(Ledger& ledger, GenerationEntry& entry, const std::string& missed) {
  kill(ledger, entry);
  note_failure(
      ledger, entry,
      {BootFault::WorkerFailedToBoot,
       "the zygote of generation " + std::to_string(entry.generation) + " " + missed + " within " +
           describe(ledger.policy.boot_timeout) + "; if the app needs longer, raise boot_timeout"});
}

// The zygote of a generation that is still wanted is gone.
void schedule_reboot(Ledger& ledger, GenerationEntry& entry, const ExitReason& reason,
                     TimePoint now) {
  Zygote& zygote = entry.zygote;
  const auto served =
      zygote.ready_at ? std::optional<Duration>(now - *zygote.ready_at) : std::nullopt;
  const auto verdict =
      ledger.restarts.record_death(zygote.restarts, served, ledger.policy.restart, now);
  ledger.command(ZygoteLost{entry.generation, reason, entry.last_failure.why,
                            std::chrono::duration_cast<std::chrono::milliseconds>(verdict.delay)});
}

}  // namespace

void zygote_ready(Ledger& ledger, const ZygoteReady& event, TimePoint now) {
  GenerationEntry* const entry = ledger.generations.find(event.generation);
  if (entry == nullptr || entry->zygote.state != ZygoteState::Booting) {
    return;
  }
  entry->zygote.state = ZygoteState::Ready;
  entry->zygote.deadline.reset();
  entry->zygote.ready_at = now;
}

void zygote_failed(Ledger& ledger, const ZygoteFailed& event, TimePoint now) {
  GenerationEntry* const entry = ledger.generations.find(event.generation);
  if (entry == nullptr || entry->zygote.state != ZygoteState::Booting) {
    return;
  }
  entry->zygote.state = ZygoteState::Leaving;
  entry->zygote.deadline = now + ledger.policy.kill_grace;
  note_failure(ledger, *entry, {event.fault, event.why});
}

void zygote_exited(Ledger& ledger, const ZygoteExited& event, TimePoint now) {
  GenerationEntry* const entry = ledger.generations.find(event.generation);
  if (entry == nullptr || entry->zygote.state == ZygoteState::Down) {
    return;
  }
  const bool was_explained = entry->zygote.state == ZygoteState::Leaving;
  entry->zygote.state = ZygoteState::Down;
  entry->zygote.deadline.reset();
  ledger.workers.remove_forks(event.generation);
  if (ledger.standby && ledger.standby->generation == event.generation) {
    entry->state = GenerationState::Retired;
    ledger.standby.reset();
  }
  if (!ledger.wants(event.generation)) {
    return;
  }
  BootFailure failure = entry->last_failure;
  if (!was_explained) {
    failure = {BootFault::WorkerFailedToBoot, "the zygote of generation " +
                                                  std::to_string(event.generation) + " " +
                                                  describe(event.reason)};
  }
  note_failure(ledger, *entry, std::move(failure));
  if (ledger.wants(event.generation)) {
    schedule_reboot(ledger, *entry, event.reason, now);
  }
}

void fork_timed_out(Ledger& ledger, Generation generation) {
  GenerationEntry* const entry = ledger.generations.find(generation);
  if (entry != nullptr && entry->zygote.state == ZygoteState::Ready) {
    kill_slow_one(ledger, *entry, "did not fork a worker");
  }
}

void pass_zygote_deadlines(Ledger& ledger, TimePoint now) {
  for (auto& [generation, entry] : ledger.generations.entries()) {
    if (!entry.zygote.deadline || *entry.zygote.deadline > now) {
      continue;
    }
    if (entry.zygote.state == ZygoteState::Booting) {
      kill_slow_one(ledger, entry, "was not ready");
    } else {
      kill(ledger, entry);
    }
  }
}

void tend_zygotes(Ledger& ledger, TimePoint now) {
  for (auto& [generation, entry] : ledger.generations.entries()) {
    const Zygote& zygote = entry.zygote;
    const bool is_up = zygote.state == ZygoteState::Booting || zygote.state == ZygoteState::Ready;
    if (!ledger.keeps(generation)) {
      if (is_up && !ledger.workers.is_staffed_by(generation)) {
        retire(ledger, entry, now);
      }
    } else if (zygote.state == ZygoteState::Down && ledger.wants(generation)) {
      if (zygote.restarts.not_before && *zygote.restarts.not_before > now) {
        ledger.wait_until(*zygote.restarts.not_before);
      } else {
        boot(ledger, entry, now);
      }
    }
  }
}

void hasten_zygotes(Ledger& ledger, TimePoint now) {
  const TimePoint limit = now + ledger.policy.kill_grace;
  for (auto& [generation, entry] : ledger.generations.entries()) {
    if (entry.zygote.state == ZygoteState::Leaving && entry.zygote.deadline) {
      entry.zygote.deadline = std::min(*entry.zygote.deadline, limit);
    }
  }
}

void forget_generations(Ledger& ledger) {
  std::vector<Generation> gone;
  for (const auto& [generation, entry] : ledger.generations.entries()) {
    if (!ledger.keeps(generation) && entry.zygote.state == ZygoteState::Down &&
        !ledger.workers.has_any_of(generation)) {
      gone.push_back(generation);
    }
  }
  for (const Generation generation : gone) {
    ledger.generations.forget(generation);
    ledger.command(ForgetGeneration{generation});
  }
}

}  // namespace appserver::supervision
