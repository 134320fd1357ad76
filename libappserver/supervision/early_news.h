#pragma once

#include <map>
#include <optional>
#include <string>

#include "supervision/events.h"
#include "supervision/worker_table.h"

namespace appserver::supervision {

// What is known of a pid before the zygote's WorkerForked named it.
struct News {
  bool ready = false;
  std::optional<BootFailure> failure;
  std::optional<std::string> recycle;
  std::optional<ExitReason> exit;
};

// A worker is the zygote's grandchild: its own messages, and its death, which the master reaps, can
// overtake the zygote's message that it exists. They are kept here until then, and no longer than
// some fork is unanswered (each step ends with that check): otherwise, an unknown pid is a
// stranger's. [master] Plain data; single-threaded.
class EarlyNews {
 public:
  // The entry to add to; made when there is none.
  [[nodiscard]] News& of(Pid pid) { return news_[pid]; }
  // Returns: what is known, forgotten here from now on; empty news when there is none.
  [[nodiscard]] News take(Pid pid);
  void forget_all() { news_.clear(); }

 private:
  std::map<Pid, News> news_;
};

}  // namespace appserver::supervision
