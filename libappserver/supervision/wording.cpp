#include "supervision/wording.h"

#include <chrono>

#include "base/signal_name.h"

namespace appserver::supervision {

std::string describe(const ExitReason& reason) {
  return reason.kind == ExitReason::Kind::Exited
             ? "exited with status " + std::to_string(reason.code)
             : "was ended by " + signal_name(reason.code);
}

std::string describe(const Worker& worker) {
  std::string text = "worker " + std::to_string(worker.slot);
  if (worker.pid) {
    text += " (pid " + std::to_string(*worker.pid) + ")";
  }
  return text;
}

std::string describe(Duration duration) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

}  // namespace appserver::supervision
