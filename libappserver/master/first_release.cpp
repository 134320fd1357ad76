#include "master/first_release.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "config/mount.h"

namespace appserver::master {
namespace {

// The kept releases that were live last, one for each mount, ready to be started.
Result<Release> load_last(const config::Options& options, const std::vector<int>& listener_fds,
                          const ReleaseStore* store) {
  Release release{{}, options, listener_fds};
  const std::vector<config::Mount> mounts = config::mounts_of(options);
  for (const config::Mount& mount : mounts) {
    const std::string label = config::label_of(mount);
    const observe::KeptRelease* const last = store == nullptr ? nullptr : store->live(label);
    if (last == nullptr) {
      return failure(
          app::said_of(mount, mounts.size(), "no release is kept that could be served instead"));
    }
    auto snapshot = store->load(*last);
    if (!snapshot) {
      return failure(std::move(snapshot.error()));
    }
    const std::string& path = last->files.front().path;
    config::set_app(release.options, label, path);
    release.apps.push_back({{mount.host, mount.path, path}, std::move(*snapshot), last->number});
  }
  return release;
}

bool are_same(const Release& one, const Release& other) {
  return std::equal(one.apps.begin(), one.apps.end(), other.apps.begin(), other.apps.end(),
                    [](const app::MountedSnapshot& a, const app::MountedSnapshot& b) {
                      return a.number == b.number;
                    });
}

}  // namespace

std::optional<ReleaseStore> open_store(const config::Options& options, const std::string& name,
                                       observe::Log& log) {
  if (options.keep_releases == 0) {
    return std::nullopt;
  }
  const std::string folder =
      options.state_dir.empty() ? default_state_folder(name) : options.state_dir;
  auto store = ReleaseStore::open(folder, static_cast<std::size_t>(options.keep_releases));
  if (!store) {
    log.warning("no releases are kept", {{"why", std::string_view(store.error().message)}});
    return std::nullopt;
  }
  if (!store->complaint().empty()) {
    log.warning("the kept releases are lost", {{"why", std::string_view(store->complaint())}});
  }
  return std::move(*store);
}

Result<FirstRelease> choose_first_release(const config::Options& options, TakenApps taken,
                                          const std::vector<int>& listener_fds, ReleaseStore* store,
                                          observe::Log& log) {
  // Before the new ones are kept: what was live stays so until they are.
  auto last = options.fallback_release
                  ? load_last(options, listener_fds, store)
                  : Result<Release>(failure(std::string("--fallback-release is not given")));
  if (!taken && !options.fallback_release) {
    return failure(std::move(taken.error()));
  }
  if (!taken && !last) {
    return failure(taken.error().message + "; " + last.error().message);
  }
  if (!taken) {
    const std::string files = app::files_text(last->apps);
    const std::string build_ids = app::build_ids_text(last->apps);
    log.error("THE APP CANNOT BE STARTED; the release that was live last is served instead",
              {{"release", last->apps.front().number},
               {"app", std::string_view(files)},
               {"build_id", std::string_view(build_ids)},
               {"why", std::string_view(taken.error().message)}});
    return FirstRelease{std::move(*last), std::nullopt};
  }
  FirstRelease first{{std::move(*taken), options, listener_fds}, std::nullopt};
  for (app::MountedSnapshot& each : first.release.apps) {
    if (store == nullptr) {
      break;
    }
    auto number = store->keep(each, "start");
    if (number) {
      each.number = *number;
    } else {
      log.warning("the release is not kept", {{"why", std::string_view(number.error().message)}});
    }
  }
  if (last && !are_same(*last, first.release)) {
    first.fallback.emplace(std::move(*last));
  }
  return first;
}

}  // namespace appserver::master
