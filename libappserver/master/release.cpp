#include "master/release.h"

#include "base/unique_fd.h"

namespace appserver::master {
namespace {

ReleaseFileState state_of(const app::SnapshotFile& file) {
  return {file.fd.get(), file.path, file.size, file.digest, file.build_id};
}

app::SnapshotFile adopt(const ReleaseFileState& file) {
  return {file.path, UniqueFd(file.fd), file.size, file.digest, file.build_id};
}

}  // namespace

ReleaseState state_of(supervision::Generation generation, const Release& release) {
  ReleaseState state{generation, release.options, state_of(release.snapshot.app), {}};
  for (const app::SnapshotFile& library : release.snapshot.libraries) {
    state.libraries.push_back(state_of(library));
  }
  state.number = release.number;
  return state;
}

Release adopt(const ReleaseState& state) {
  Release release{{adopt(state.app), {}}, state.options};
  for (const ReleaseFileState& library : state.libraries) {
    release.snapshot.libraries.push_back(adopt(library));
  }
  release.number = state.number;
  return release;
}

}  // namespace appserver::master
