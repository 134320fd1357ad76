#pragma once

#include <vector>

#include "app/snapshot.h"
#include "config/options.h"
#include "master/upgrade_state.h"

namespace appserver::master {

// An immutable snapshot of an app, the options it is to be run with, and the listening sockets it
// serves. A generation is a release brought to life; a zygote that died is started again from the
// same release.
struct Release {
  app::Snapshot snapshot;
  config::Options options;
  // Of net::Listeners, open as long as the release is wanted.
  std::vector<int> listener_fds = {};
  unsigned number = 0;  // Among the kept ones; 0: it is not kept.
};

// A release as an upgrade in place passes it on, and back. The second one owns the descriptors.
// [master]
[[nodiscard]] ReleaseState state_of(supervision::Generation generation, const Release& release);
[[nodiscard]] Release adopt(const ReleaseState& state);

}  // namespace appserver::master
