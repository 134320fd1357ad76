#pragma once

#include <string>
#include <vector>

#include "app/mounted_app.h"
#include "base/result.h"
#include "config/options.h"
#include "master/upgrade_state.h"

namespace appserver::master {

// Immutable snapshots of all apps, the options they are to be run with, and the listening sockets
// they serve. A generation is this brought to life; a zygote that died is started again from the
// same. Each app is a release of its own, with its own number: when one is deployed, the next
// generation has the very same snapshots of the others.
struct Release {
  std::vector<app::MountedSnapshot> apps;  // In the order of mounts_of(options); not empty.
  config::Options options;
  // Of net::Listeners, open as long as the release is wanted.
  std::vector<int> listener_fds = {};
};

// The app of the mount with that label, or null. [master]
[[nodiscard]] const app::MountedSnapshot* find_app(const Release& release,
                                                   const std::string& label);
// A snapshot of what the mount names, one of `mounts`; of nothing if it names no file, because its
// app is linked into the program. [master] Errors: of take_snapshot(), with the mount's name in
// front if there are several.
[[nodiscard]] Result<app::MountedSnapshot> take_snapshot(const config::Mount& mount,
                                                         std::size_t mounts);
// Snapshots of all that the options name, not numbered yet. [master]
// Errors: as above, and of check_libraries().
[[nodiscard]] Result<std::vector<app::MountedSnapshot>> take_snapshots(
    const config::Options& options);

// The same files once more, by descriptors of their own. Errors: no descriptors. [master]
[[nodiscard]] Result<app::MountedSnapshot> share(const app::MountedSnapshot& app);

// Those of all snapshots. [master]
[[nodiscard]] std::vector<int> descriptors_of(const Release& release);

// A release as an upgrade in place passes it on, and back. The second one owns the descriptors.
// [master]
[[nodiscard]] ReleaseState state_of(supervision::Generation generation, const Release& release);
[[nodiscard]] Release adopt(const ReleaseState& state);

}  // namespace appserver::master
