#pragma once

#include <string>

#include "base/unique_fd.h"
#include "master/relay.h"

namespace appserver::master {

// While a new program takes over: the way back. If the program crashes, hangs or finds that it
// cannot go on, the program before it is executed again in this process, with the state that it
// wrote and the reason. Nothing is lost by that, because no descriptor is closed and none is
// close-on-exec before the new program goes on.
//
// [master] One at a time, on the only thread. Contains code that runs in a signal handler.
class Fallback {
 public:
  // Unblocks and catches the signals of crashes, and begins the time that the take-over may take.
  // The descriptors of the order stay the caller's.
  Fallback(const Program& program, const UpgradeOrder& order);
  Fallback(const Fallback&) = delete;
  Fallback& operator=(const Fallback&) = delete;
  // The danger is over: crashes are crashes again.
  ~Fallback();

  // Does not return, unless the old program cannot be executed.
  // Returns: why not; nothing can be done then.
  [[nodiscard]] std::string put_back(const std::string& why) const;

 private:
  ExecImage image_;
  UpgradeOrder order_;
};

}  // namespace appserver::master
