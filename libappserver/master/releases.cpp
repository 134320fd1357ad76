#include "master/releases.h"

#include <utility>

#include "base/privileges.h"

namespace appserver::master {

Result<Release> Releases::make(Result<config::Options> options) {
  if (!options) {
    return failure(std::move(options.error()));
  }
  if (auto possible = check(*options); !possible) {
    return failure(std::move(possible.error()));
  }
  auto apps = take_snapshots(*options);
  if (!apps) {
    return failure(std::move(apps.error()));
  }
  return make(std::move(*options), std::move(*apps));
}

Result<Release> Releases::make(config::Options options, std::vector<app::MountedSnapshot> apps) {
  if (auto possible = check(options); !possible) {
    return failure(std::move(possible.error()));
  }
  auto fds = listening_.open_for(options);
  if (!fds) {
    return failure(std::move(fds.error()));
  }
  return Release{std::move(apps), std::move(options), std::move(*fds)};
}

Result<Ok> Releases::check(const config::Options& options) const {
  if (supervisor_.is_stop_requested()) {
    return failure("the server is stopping; deploy after it was started again");
  }
  return check_credentials({options.user, options.group});
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
