#pragma once

#include <cstddef>
#include <string_view>

#include "app/load_error.h"
#include "base/result.h"

namespace appserver::app {

// Whether the kernel's line on a thread (proc(5), /proc/PID/task/TID/stat) is that of one which
// runs no more code of the process. pthread_join() returns some microseconds before the kernel
// takes such a thread off its list. Pure. [any]
[[nodiscard]] bool is_ending_thread(std::string_view stat);

// How many threads of this process can still run code. A thread that was joined is not counted.
// Returns 1 when /proc is not mounted: nothing
// can be said then. [any]
[[nodiscard]] std::size_t thread_count();

// Checks that loading the app at `path` left no thread behind: a fork copies only the thread that
// calls it, together with every lock that another one holds. `before` is the thread_count() from
// before the load. [zygote] [check child]
// Returns StartedThreads.
[[nodiscard]] Result<Ok, LoadError> require_no_new_threads(std::string_view path,
                                                           std::size_t before);

}  // namespace appserver::app
