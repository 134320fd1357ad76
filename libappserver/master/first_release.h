#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/mounted_app.h"
#include "base/result.h"
#include "config/options.h"
#include "master/release.h"
#include "master/release_store.h"
#include "observe/log.h"

// What a server begins with, and what it knows of its earlier lives. [master] Before the first
// fork.
namespace appserver::master {

// The store of the server with this name. Nothing when no releases are to be kept, or when it
// cannot be opened, which is a warning: a server serves without its memory, too.
[[nodiscard]] std::optional<ReleaseStore> open_store(const config::Options& options,
                                                     const std::string& name, observe::Log& log);

using TakenApps = Result<std::vector<app::MountedSnapshot>>;

struct FirstRelease {
  Release release;
  std::optional<Release> fallback;  // That serves when the release cannot be started.
};

// The file that was given is what is served. With --fallback-release, the kept releases that
// were live last stand by for the case that it cannot be started, and takes its place at once,
// loudly, if not even a snapshot could be `taken`. `store` may be null. Errors: no snapshot, and
// nothing that could serve instead.
[[nodiscard]] Result<FirstRelease> choose_first_release(const config::Options& options,
                                                        TakenApps taken,
                                                        const std::vector<int>& listener_fds,
                                                        ReleaseStore* store, observe::Log& log);

}  // namespace appserver::master
