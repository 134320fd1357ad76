#pragma once

#include <string_view>

namespace appserver {

// How this process is called in ps(1) and /proc/PID/cmdline: "appserverd: worker 3 gen 2".
// The title is written over the memory of the command line and the environment that the kernel laid
// out one behind the other (proc(5), /proc/pid/cmdline); the environment is moved away first. [main
// thread] Made once in main, before anything keeps pointers into argv or environ; children inherit
// it.
class ProcessTitle {
 public:
  ProcessTitle(int argc, char** argv);
  // For a program whose command line and environment belong to somebody else: set() names the
  // calling thread only, which ps(1) shows as comm: "worker 3 gen 2", cut to 15 bytes
  // (PR_SET_NAME, prctl(2)).
  ProcessTitle() noexcept : names_thread_(true) {}
  ProcessTitle(const ProcessTitle&) = delete;
  ProcessTitle& operator=(const ProcessTitle&) = delete;

  // Titles longer than the room that argv and environ took are cut.
  void set(std::string_view title) noexcept;

 private:
  char* begin_ = nullptr;
  char* end_ = nullptr;
  bool names_thread_ = false;
};

}  // namespace appserver
