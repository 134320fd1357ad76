#pragma once

#include <string>
#include <vector>

#include "app/snapshot.h"
#include "base/result.h"
#include "config/options.h"
#include "supervision/tried_builds.h"

// The folder of --watch-dir. [master]
namespace appserver::master {

// The files of the folder that are releases by their names, the newest first.
// Errors: it is missing, cannot be read, or could be changed by others than its owner and root,
// who would have their code run by the server: it, a folder on the way to it, or a file in it.
[[nodiscard]] Result<std::vector<supervision::Build>> builds_in(const std::string& folder);

// The file whose path this is.
struct FoundBuild {
  std::string path;
  app::Snapshot snapshot;
};
// The newest one that is complete. Errors: that of builds_in(); there is none, and why not.
[[nodiscard]] Result<FoundBuild> newest_in(const std::string& folder);

// What the options mean when --watch-dir stands in the place of an app: its newest release, and the
// folder's name as that of the server. All others are left as they are.
// Errors: as newest_in(), and those of check_follows().
[[nodiscard]] Result<config::Options> with_app(config::Options options);

// Whether the folder of --watch-dir, if there is one, can be used. Errors: as builds_in().
[[nodiscard]] Result<Ok> check_folder(const config::Options& options);

// Whether the options say clearly what is to be deployed by itself.
[[nodiscard]] Result<Ok> check_follows(const config::Options& options);

}  // namespace appserver::master
