#pragma once

#include "config/options.h"
#include "ipc/barred_requests.h"
#include "master/children.h"
#include "master/chronicle.h"
#include "supervision/killers.h"

namespace appserver::master {

// Tells when one kind of request ends workers again and again, and has workers refuse it for a
// while if that is wanted. The thin side of supervision::Killers. [master]
class KillerWatch {
 public:
  // Both outlive it.
  KillerWatch(const config::Options& options, ipc::BarredRequests& barred, Chronicle& chronicle);

  // Other options, from the next death on.
  void change_options(const config::Options& options);

  // A worker ended. Counts it if a handler was at fault: it crashed, or was over its deadline.
  void note_death(const WorkerDeath& death);

 private:
  ipc::BarredRequests& barred_;
  Chronicle& chronicle_;
  supervision::Killers killers_;
};

}  // namespace appserver::master
