#include "master/next_release.h"

#include <algorithm>
#include <utility>

#include "config/mount.h"
#include "config/quote.h"

namespace appserver::master {
namespace {

bool is_same_file(const app::SnapshotFile& one, const app::SnapshotFile& other) {
  return one.size == other.size && one.digest == other.digest;
}

bool is_same(const app::Snapshot& one, const app::Snapshot& other) {
  return is_same_file(one.app, other.app) &&
         std::equal(one.libraries.begin(), one.libraries.end(), other.libraries.begin(),
                    other.libraries.end(), is_same_file);
}

std::string labels_of(const std::vector<config::Mount>& mounts) {
  std::string text;
  for (const config::Mount& mount : mounts) {
    text += (text.empty() ? "" : ", ") + config::label_of(mount);
  }
  return text;
}

}  // namespace

std::optional<std::string> file_of(const config::Options& options, const std::string& label) {
  for (const config::Mount& mount : config::mounts_of(options)) {
    if (config::label_of(mount) == label) {
      return mount.app;
    }
  }
  return std::nullopt;
}

Result<std::string> choose_mount(const config::Options& options, const std::string& named) {
  const std::vector<config::Mount> mounts = config::mounts_of(options);
  if (named.empty() && mounts.size() == 1) {
    return config::label_of(mounts.front());
  }
  if (named.empty()) {
    return failure("there are several apps; say which one by its mount: " + labels_of(mounts));
  }
  if (!file_of(options, named)) {
    return failure("no app is mounted at " + config::in_quotes(named) +
                   "; the mounts are: " + labels_of(mounts));
  }
  return named;
}

DeployedApps go_on_with(const DeployedApps& deployed, const config::Options& before,
                        config::Options& wanted) {
  DeployedApps still;
  for (const auto& [label, path] : deployed) {
    const auto file = file_of(wanted, label);
    if (file && file == file_of(before, label)) {
      still.emplace(label, path);
      config::set_app(wanted, label, path);
    }
  }
  return still;
}

DeployedApps deployed_of(const Release& release, const config::Options& configured) {
  DeployedApps deployed;
  for (const app::MountedSnapshot& each : release.apps) {
    const std::string label = config::label_of(each.mount);
    if (!each.mount.app.empty() && file_of(configured, label) != each.mount.app) {
      deployed.emplace(label, each.mount.app);
    }
  }
  return deployed;
}

Result<std::vector<app::MountedSnapshot>> replace_app(const Release& live, const std::string& label,
                                                      app::MountedSnapshot next,
                                                      config::Options& options) {
  std::vector<app::MountedSnapshot> apps;
  const std::vector<config::Mount> mounts = config::mounts_of(options);
  for (const config::Mount& mount : mounts) {
    const std::string each = config::label_of(mount);
    const app::MountedSnapshot* const running = find_app(live, each);
    auto app = each == label        ? Result<app::MountedSnapshot>(std::move(next))
               : running != nullptr ? share(*running)
                                    : take_snapshot(mount, mounts.size());
    if (!app) {
      return failure(std::move(app.error()));
    }
    config::set_app(options, each, app->mount.app);
    apps.push_back(std::move(*app));
  }
  if (auto possible = app::check_libraries(apps); !possible) {
    return failure(std::move(possible.error()));
  }
  return apps;
}

bool have_same(const Release& one, const Release& other, const std::string& label) {
  const app::MountedSnapshot* const first = find_app(one, label);
  const app::MountedSnapshot* const second = find_app(other, label);
  return first != nullptr && second != nullptr && is_same(first->snapshot, second->snapshot);
}

bool are_same(const Release& one, const Release& other) {
  return one.apps.size() == other.apps.size() &&
         std::all_of(one.apps.begin(), one.apps.end(), [&](const app::MountedSnapshot& each) {
           return have_same(one, other, config::label_of(each.mount));
         });
}

bool differ_only_at(const Release& one, const Release& other, const std::string& label) {
  return one.apps.size() == other.apps.size() && find_app(other, label) != nullptr &&
         std::all_of(one.apps.begin(), one.apps.end(), [&](const app::MountedSnapshot& each) {
           const std::string at = config::label_of(each.mount);
           return have_same(one, other, at) != (at == label);
         });
}

}  // namespace appserver::master
