#pragma once

#include "app/snapshot.h"
#include "config/options.h"

namespace appserver::master {

// An immutable snapshot of an app, and the options it is to be run with. A generation is a release
// brought to life; a zygote that died is started again from the same release.
struct Release {
  app::Snapshot snapshot;
  config::Options options;
};

}  // namespace appserver::master
