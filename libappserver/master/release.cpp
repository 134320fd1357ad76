#include "master/release.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <utility>

#include "base/errno_text.h"
#include "base/unique_fd.h"

namespace appserver::master {
namespace {

ReleaseFileState state_of(const app::SnapshotFile& file) {
  return {file.fd.get(), file.path, file.size, file.digest, file.build_id};
}

app::SnapshotFile adopt(const ReleaseFileState& file) {
  return {file.path, UniqueFd(file.fd), file.size, file.digest, file.build_id};
}

Result<app::SnapshotFile> share(const app::SnapshotFile& file) {
  UniqueFd copy(::fcntl(file.fd.get(), F_DUPFD_CLOEXEC, 0));
  if (file.fd.is_open() && !copy.is_open()) {
    return failure("cannot go on with " + file.path + ": " + errno_text(errno));
  }
  return app::SnapshotFile{file.path, std::move(copy), file.size, file.digest, file.build_id};
}

}  // namespace

const app::MountedSnapshot* find_app(const Release& release, const std::string& label) {
  const auto found = std::find_if(
      release.apps.begin(), release.apps.end(),
      [&label](const app::MountedSnapshot& each) { return config::label_of(each.mount) == label; });
  return found == release.apps.end() ? nullptr : &*found;
}

Result<app::MountedSnapshot> take_snapshot(const config::Mount& mount, std::size_t mounts) {
  auto taken = mount.app.empty()
                   ? Result<app::Snapshot, app::LoadError>(app::snapshot_of_linked_app())
                   : app::take_snapshot(mount.app);
  if (!taken) {
    return failure(app::said_of(mount, mounts, taken.error().message));
  }
  return app::MountedSnapshot{mount, std::move(*taken)};
}

Result<std::vector<app::MountedSnapshot>> take_snapshots(const config::Options& options) {
  std::vector<app::MountedSnapshot> apps;
  const std::vector<config::Mount> mounts = config::mounts_of(options);
  for (const config::Mount& mount : mounts) {
    auto taken = take_snapshot(mount, mounts.size());
    if (!taken) {
      return failure(std::move(taken.error()));
    }
    apps.push_back(std::move(*taken));
  }
  if (auto possible = app::check_libraries(apps); !possible) {
    return failure(std::move(possible.error()));
  }
  return apps;
}

Result<app::MountedSnapshot> share(const app::MountedSnapshot& app) {
  auto file = share(app.snapshot.app);
  if (!file) {
    return failure(std::move(file.error()));
  }
  app::MountedSnapshot copy{app.mount, {std::move(*file), {}}, app.number};
  for (const app::SnapshotFile& library : app.snapshot.libraries) {
    auto shared = share(library);
    if (!shared) {
      return failure(std::move(shared.error()));
    }
    copy.snapshot.libraries.push_back(std::move(*shared));
  }
  return copy;
}

std::vector<int> descriptors_of(const Release& release) {
  std::vector<int> fds;
  for (const app::MountedSnapshot& each : release.apps) {
    if (!app::is_linked(each.snapshot)) {
      fds.push_back(each.snapshot.app.fd.get());
    }
    for (const app::SnapshotFile& library : each.snapshot.libraries) {
      fds.push_back(library.fd.get());
    }
  }
  return fds;
}

ReleaseState state_of(supervision::Generation generation, const Release& release) {
  ReleaseState state{generation, release.options, {}};
  for (const app::MountedSnapshot& each : release.apps) {
    ReleaseAppState& app =
        state.apps.emplace_back(ReleaseAppState{state_of(each.snapshot.app), {}, each.number});
    for (const app::SnapshotFile& library : each.snapshot.libraries) {
      app.libraries.push_back(state_of(library));
    }
  }
  return state;
}

// That there are as many as mounts was checked when the state was read.
Release adopt(const ReleaseState& state) {
  Release release{{}, state.options};
  std::vector<config::Mount> mounts = config::mounts_of(state.options);
  for (std::size_t i = 0; i < state.apps.size(); ++i) {
    app::MountedSnapshot& app = release.apps.emplace_back(app::MountedSnapshot{
        std::move(mounts[i]), {adopt(state.apps[i].app), {}}, state.apps[i].number});
    for (const ReleaseFileState& library : state.apps[i].libraries) {
      app.snapshot.libraries.push_back(adopt(library));
    }
  }
  return release;
}

}  // namespace appserver::master
