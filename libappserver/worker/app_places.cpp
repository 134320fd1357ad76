#include "worker/app_places.h"

namespace appserver::worker {
namespace {

decltype(appserver_streaming::streams_body) find_streams_body(const app::LoadedApp& app) {
  const auto* streaming =
      static_cast<const appserver_streaming*>(app.extension(APPSERVER_STREAMING_EXTENSION));
  return streaming != nullptr && streaming->size >= sizeof *streaming ? streaming->streams_body
                                                                      : nullptr;
}

decltype(appserver_placement::on_worker_thread) find_placement(const app::LoadedApp& app) {
  const auto* placement =
      static_cast<const appserver_placement*>(app.extension(APPSERVER_PLACEMENT_EXTENSION));
  return placement != nullptr && placement->size >= sizeof *placement ? placement->on_worker_thread
                                                                      : nullptr;
}

std::vector<config::Mount> mounts_of(std::span<const app::MountedApp> apps) {
  std::vector<config::Mount> mounts;
  for (const app::MountedApp& each : apps) {
    mounts.push_back(each.mount);
  }
  return mounts;
}

}  // namespace

AppPlaces::AppPlaces(std::span<const app::MountedApp> apps) : table_(mounts_of(apps)) {
  for (const app::MountedApp& each : apps) {
    const AppPlace& place = places_.emplace_back(AppPlace{
        &each.app.description(), &each.host, find_streams_body(each.app), find_placement(each.app),
        each.mount.path, apps.size() == 1 ? std::string() : config::label_of(each.mount)});
    may_stream_bodies_ = may_stream_bodies_ || place.streams_body != nullptr;
    may_want_first_thread_ = may_want_first_thread_ || place.on_worker_thread != nullptr;
  }
  if (places_.size() == 1 && config::label_of(apps.front().mount) == "/") {
    only_ = &places_.front();
  }
}

Destination AppPlaces::look_up(const http::RequestHead& head) const noexcept {
  const auto match = table_.find(head.host, head.path);
  return match ? Destination{&places_[match->mount], match->rest} : Destination{};
}

}  // namespace appserver::worker
