#include "zygote/app_family.h"

#include <cstddef>
#include <utility>

#include "app/thread_count.h"
#include "observe/app_log.h"

namespace appserver::zygote {
AppFamily::Member::Member(const Surroundings& with, const std::string& label)
    : host(with.server_version, observe::log_sink(with.log, label), with.exchange_calls,
           with.extensions) {
  if (!label.empty()) {
    host.set_key_prefix(label + "=");
  }
}

Result<Ok> AppFamily::load(const std::vector<app::MountedSnapshot>& snapshots, bool will_fork) {
  for (const app::MountedSnapshot& each : snapshots) {
    const std::string label = snapshots.size() == 1 ? "" : config::label_of(each.mount);
    Member& member = members_.emplace_back(with_, label);
    if (auto loaded = load(each.snapshot, member, will_fork); !loaded) {
      return failure(app::said_of(each.mount, snapshots.size(), loaded.error().message));
    }
    apps_.push_back({each.mount, *member.app, member.host});
  }
  return ok();
}

Result<Ok, app::LoadError> AppFamily::load(const app::Snapshot& snapshot, Member& member,
                                           bool will_fork) {
  const std::size_t threads_before = app::thread_count();
  const app::AppEntry make = [this, &member](const appserver_host* host) {
    member.linked = with_.linked_app(host);
    return member.linked.get();
  };
  auto loaded = app::is_linked(snapshot) ? app::link_app(snapshot.app.path, make, member.host)
                                         : app::load_app(snapshot, member.host);
  if (!loaded) {
    return failure(std::move(loaded.error()));
  }
  auto ran = member.app.emplace(std::move(*loaded)).run_on_load();
  if (!ran || !will_fork) {
    return ran;
  }
  return app::require_no_new_threads(member.app->path(), threads_before);
}

void AppFamily::retire() {
  for (const app::MountedApp& each : apps_) {
    const appserver_app& hooks = each.app.description();
    if (hooks.on_release_retire != nullptr) {
      hooks.on_release_retire(hooks.state);
    }
  }
}

}  // namespace appserver::zygote
