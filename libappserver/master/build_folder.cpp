#include "master/build_folder.h"

#include <cerrno>
#include <dirent.h>
#include <filesystem>
#include <memory>
#include <sys/stat.h>
#include <utility>

#include "base/errno_text.h"
#include "config/mount.h"

namespace appserver::master {
namespace {

using supervision::Build;

constexpr mode_t kOthers = S_IWGRP | S_IWOTH;

Failure<Error> cannot_read(const std::string& path) {
  return failure("--watch-dir: cannot read " + path + ": " + errno_text(errno));
}

Failure<Error> open_to_others(const std::string& path) {
  return failure("--watch-dir: others than the owner may write to " + path +
                 ", and could have the server run their code: chmod go-w " + path);
}

// Whoever may rename a folder on the way can put another one in its place. In a folder with the
// sticky bit, as /tmp, only its owner may (inode(7)).
Result<Ok> check_way(const std::string& folder) {
  std::error_code error;
  std::filesystem::path at = std::filesystem::canonical(folder, error);
  if (error) {
    errno = error.value();
    return cannot_read(folder);
  }
  for (bool is_end = true;; at = at.parent_path(), is_end = false) {
    struct stat status {};
    if (::stat(at.c_str(), &status) != 0) {
      return cannot_read(at.string());
    }
    if (is_end && !S_ISDIR(status.st_mode)) {
      return failure("--watch-dir: " + folder + " is not a folder");
    }
    const bool is_guarded = !is_end && (status.st_mode & S_ISVTX) != 0;
    if ((status.st_mode & kOthers) != 0 && !is_guarded) {
      return open_to_others(at.string());
    }
    if (at == at.root_path()) {
      return ok();
    }
  }
}

std::string stamp_of(const struct stat& status) {
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) + ":" +
         std::to_string(status.st_size) + ":" + std::to_string(status.st_mtim.tv_sec) + "." +
         std::to_string(status.st_mtim.tv_nsec);
}

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Result<std::vector<Build>> read_builds(const std::string& folder) {
  const auto close = [](DIR* directory) { ::closedir(directory); };
  const std::unique_ptr<DIR, decltype(close)> directory(::opendir(folder.c_str()), close);
  if (!directory) {
    return cannot_read(folder);
  }
  std::vector<Build> builds;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string path = folder + "/" + entry->d_name;
    struct stat status {};
    // Those that are gone, and links that lead nowhere, are none.
    if (!supervision::is_release_name(entry->d_name) || ::stat(path.c_str(), &status) != 0 ||
        !S_ISREG(status.st_mode)) {
      continue;
    }
    if ((status.st_mode & kOthers) != 0) {
      return open_to_others(path);
    }
    builds.push_back({entry->d_name, nanoseconds(status.st_mtim), stamp_of(status)});
  }
  return supervision::newest_first(std::move(builds));
}

}  // namespace

Result<std::vector<Build>> builds_in(const std::string& folder) {
  if (auto safe = check_way(folder); !safe) {
    return failure(std::move(safe.error()));
  }
  return read_builds(folder);
}

Result<FoundBuild> newest_in(const std::string& folder) {
  const auto builds = builds_in(folder);
  if (!builds) {
    return failure(Error(builds.error()));
  }
  std::string why = "it holds no file whose name ends with .so";
  for (const Build& build : *builds) {
    const std::string path = app::absolute_path(folder + "/" + build.name);
    auto snapshot = app::take_snapshot(path);
    if (snapshot) {
      return FoundBuild{path, std::move(*snapshot)};
    }
    if (&build == &builds->front()) {
      why = std::move(snapshot.error().message);
    }
  }
  return failure("--watch-dir: there is no release to begin with in " + folder + ": " + why +
                 "; put one there, or name an app");
}

Result<Ok> check_folder(const config::Options& options) {
  if (options.watch_dir.empty()) {
    return ok();
  }
  auto builds = builds_in(options.watch_dir);
  return builds ? Result<Ok>(ok()) : failure(std::move(builds.error()));
}

Result<Ok> check_follows(const config::Options& options) {
  if (options.reload && !options.watch_dir.empty()) {
    return failure(
        std::string("--reload and --watch-dir exclude each other: the one deploys the "
                    "file that is served when it changes, the other one what is put "
                    "into a folder"));
  }
  if (!options.watch_dir.empty() && !options.mounts.empty()) {
    return failure(
        std::string("--watch-dir does not go with --mount: a file in a folder does not "
                    "say whose release it is; deploy with appserverd ctl deploy --mount"));
  }
  if (options.reload && config::mounts_of(options).size() > 1) {
    return failure(
        std::string("--reload is for a server with one app; with several, send SIGHUP "
                    "after a build: only what changed gets a new release"));
  }
  return ok();
}

Result<config::Options> with_app(config::Options options) {
  if (auto clear = check_follows(options); !clear) {
    return failure(std::move(clear.error()));
  }
  if (!options.app.empty() || options.watch_dir.empty()) {
    return options;
  }
  auto found = newest_in(options.watch_dir);
  if (!found) {
    return failure(std::move(found.error()));
  }
  options.app = std::move(found->path);
  if (options.name.empty()) {
    options.name = std::filesystem::path(app::absolute_path(options.watch_dir + "/."))
                       .parent_path()
                       .filename()
                       .string();
  }
  return options;
}

}  // namespace appserver::master
