#include "master/releases.h"

#include <utility>

#include "base/privileges.h"

namespace appserver::master {

Result<Release> Releases::make(Result<config::Options> options) {
  if (supervisor_.is_stop_requested()) {
    return failure("the server is stopping; deploy after it was started again");
  }
  if (!options) {
    return failure(std::move(options.error()));
  }
  if (auto allowed = check_credentials({options->user, options->group}); !allowed) {
    return failure(std::move(allowed.error()));
  }
  if (options->app.empty()) {  // It is linked into the program; there is no file.
    return make(std::move(*options), app::snapshot_of_linked_app());
  }
  auto snapshot = app::take_snapshot(options->app);
  if (!snapshot) {
    return failure(Error{std::move(snapshot.error().message)});
  }
  return make(std::move(*options), std::move(*snapshot));
}

Result<Release> Releases::make(config::Options options, app::Snapshot snapshot) {
  auto fds = listening_.open_for(options);
  if (!fds) {
    return failure(std::move(fds.error()));
  }
  return Release{std::move(snapshot), std::move(options), std::move(*fds)};
}

void Releases::keep_sockets() {
  if (supervisor_.is_stopping()) {
    return;
  }
  const supervision::Desired& desired = supervisor_.desired();
  std::vector<int> wanted;
  for (const auto& [generation, release] : releases_) {
    if (generation == desired.live || generation == desired.rollout ||
        generation == desired.queued || supervisor_.workers().is_staffed_by(generation)) {
      wanted.insert(wanted.end(), release.listener_fds.begin(), release.listener_fds.end());
    }
  }
  listening_.keep_only(wanted);
}

std::vector<ReleaseState> Releases::states() const {
  std::vector<ReleaseState> states;
  for (const auto& [generation, release] : releases_) {
    states.push_back(state_of(generation, release));
  }
  return states;
}

}  // namespace appserver::master
