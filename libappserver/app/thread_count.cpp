#include "app/thread_count.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

namespace appserver::app {
bool is_ending_thread(std::string_view stat) {
  // PF_EXITING of include/linux/sched.h, in the ninth field.
  constexpr unsigned long kExiting = 0x4;
  // The second field is the thread's name in parentheses and may contain anything.
  const auto name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) {
    return false;
  }
  std::istringstream fields{std::string(stat.substr(name_end + 1))};
  char state = 0;
  long skipped = 0;
  unsigned long flags = 0;
  fields >> state;
  for (int field = 4; field <= 8; ++field) {
    fields >> skipped;
  }
  fields >> flags;
  return (flags & kExiting) != 0;
}

std::size_t thread_count() {
  std::size_t count = 0;
  std::error_code error;
  std::filesystem::directory_iterator task("/proc/self/task", error);
  for (; !error && task != std::filesystem::directory_iterator{}; task.increment(error)) {
    std::ifstream file(task->path() / "stat");
    std::string stat;
    // A thread whose file cannot be read any more went while we looked.
    if (std::getline(file, stat) && !is_ending_thread(stat)) {
      ++count;
    }
  }
  return count == 0 ? 1 : count;
}

Result<Ok, LoadError> require_no_new_threads(std::string_view path, std::size_t before) {
  const std::size_t now = thread_count();
  if (now <= before) {
    return ok();
  }
  const std::size_t started = now - before;
  return failure(LoadError{LoadError::Kind::StartedThreads,
                           std::string(path) + ": the app started " + std::to_string(started) +
                               (started == 1 ? " thread" : " threads") +
                               " while loading, and a process with threads cannot be forked "
                               "safely; start them in on_worker_start, or run with --lazy"});
}

}  // namespace appserver::app
