#include "worker/workbench.h"

#include <utility>

namespace appserver::worker {

std::unique_ptr<Workbench> WorkbenchPool::take() {
  if (reserve_.empty()) {
    return std::make_unique<Workbench>(limits_);
  }
  std::unique_ptr<Workbench> bench = std::move(reserve_.back());
  reserve_.pop_back();
  return bench;
}

void WorkbenchPool::give_back(std::unique_ptr<Workbench> bench) {
  if (reserve_.size() >= kReserve) {
    return;
  }
  bench->input.clear();
  bench->parser.reset();
  bench->refused = bench->continue_sent = false;
  bench->unsent_offset = 0;
  if (bench->unsent.capacity() > kUnsentKept) {
    bench->unsent = std::string();
  } else {
    bench->unsent.clear();
  }
  reserve_.push_back(std::move(bench));
}

}  // namespace appserver::worker
