#include "master/first_release.h"

#include <string_view>
#include <utility>

namespace appserver::master {
namespace {

// The kept release that was live last, ready to be started.
Result<Release> load_last(const config::Options& options, const std::vector<int>& listener_fds,
                          const ReleaseStore* store) {
  const observe::KeptRelease* const last = store == nullptr ? nullptr : store->live();
  if (last == nullptr) {
    return failure(std::string("no release is kept that could be served instead"));
  }
  auto snapshot = store->load(*last);
  if (!snapshot) {
    return failure(std::move(snapshot.error()));
  }
  Release release{std::move(*snapshot), options, listener_fds, last->number};
  release.options.app = last->files.front().path;
  return release;
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

Result<FirstRelease> choose_first_release(const config::Options& options,
                                          Result<app::Snapshot, app::LoadError> taken,
                                          const std::vector<int>& listener_fds, ReleaseStore* store,
                                          observe::Log& log) {
  // Before the new one is kept: what was live stays so until that is.
  auto last = options.fallback_release
                  ? load_last(options, listener_fds, store)
                  : Result<Release>(failure(std::string("--fallback-release is not given")));
  if (!taken && !options.fallback_release) {
    return failure(Error{std::move(taken.error().message)});
  }
  if (!taken && !last) {
    return failure(taken.error().message + "; " + last.error().message);
  }
  if (!taken) {
    log.error("THE APP CANNOT BE STARTED; the release that was live last is served instead",
              {{"release", last->number},
               {"app", std::string_view(last->snapshot.app.path)},
               {"build_id", std::string_view(last->snapshot.app.build_id)},
               {"why", std::string_view(taken.error().message)}});
    return FirstRelease{std::move(*last), std::nullopt};
  }
  FirstRelease first{{std::move(*taken), options, listener_fds}, std::nullopt};
  if (store != nullptr) {
    auto number = store->keep(first.release.snapshot, "start");
    if (number) {
      first.release.number = *number;
    } else {
      log.warning("the release is not kept", {{"why", std::string_view(number.error().message)}});
    }
  }
  if (last && last->number != first.release.number) {
    first.fallback.emplace(std::move(*last));
  }
  return first;
}

}  // namespace appserver::master
