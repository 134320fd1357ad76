#include "worker/lone_worker.h"

#include <string>
#include <utility>

#include "ipc/handoff.h"
#include "ipc/scoreboard.h"
#include "worker/worker.h"

namespace appserver::worker {

int lone_worker(LoneSetup setup) {
  auto scoreboard = ipc::Scoreboard::create(1);
  auto handoff = ipc::Handoff::make();
  const auto entry = scoreboard ? scoreboard->claim(setup.slot, setup.generation) : std::nullopt;
  if (!handoff || !entry) {
    const std::string why = handoff ? "no memory for its scoreboard" : handoff.error().message;
    static_cast<void>(setup.master.send(ipc::WorkerFailed{why}));
    return 1;
  }
  return worker({setup.slot, setup.generation, setup.options, setup.listener_fds,
                 std::move(setup.master), *scoreboard, (*scoreboard)[*entry],
                 scoreboard->crash_record(*entry), *handoff, setup.apps, setup.log,
                 setup.log_files});
}

}  // namespace appserver::worker
