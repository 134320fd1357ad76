#include "worker/second_thread.h"

#include <chrono>
#include <utility>

namespace appserver::worker {

void SecondThread::stand_by(std::function<void()> hold) {
  standby_.emplace(with_.baton, std::move(hold));
  if (!standby_->is_there()) {
    with_.log.warning(
        "no thread could be started beside the app's; a slow handler stops all of this worker's "
        "connections; raise the limit of processes (ulimit -u)");
  }
}

void SecondThread::watch(Duration limit) {
  if (limit == Duration::zero()) {
    return;
  }
  watchdog_.emplace(with_.loop, limit, [this](Duration held) { tell_of_hold(held); });
  if (!watchdog_->is_there()) {
    with_.log.warning(
        "no thread could be started beside the app's; nobody sees whether it blocks the loop; "
        "raise "
        "the limit of processes (ulimit -u)");
  }
}

// The master tells the rest, as it does of crashes: this process has no names for its stack.
void SecondThread::tell_of_hold(Duration held) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(held);
  if (with_.crash_handler == nullptr) {
    with_.log.warning("the event loop is being held; all of its clients wait",
                      {{"ms", milliseconds.count()}});
  } else if (with_.crash_handler->note_stack()) {
    static_cast<void>(
        with_.master.send(ipc::LoopHeld{static_cast<std::uint32_t>(milliseconds.count())}));
  }
}

}  // namespace appserver::worker
