#pragma once

#include <string>
#include <vector>

#include "app/host_services.h"
#include "app/loaded_app.h"
#include "app/snapshot.h"
#include "base/result.h"
#include "config/mount.h"

// The apps of a server, one for each of its mounts. Most servers have one, at "/".
namespace appserver::app {

// What is to be loaded.
struct MountedSnapshot {
  config::Mount mount;  // Its `app` names the file; for people.
  Snapshot snapshot;
  unsigned number = 0;  // Of the release, among the kept ones; 0: it is not kept.
};

// What was loaded, and the host that it sees. References live as long as the process uses the app.
struct MountedApp {
  config::Mount mount;
  LoadedApp& app;
  HostServices& host;
};

// All of them as people are told of them: "/srv/app.so" for one at "/", else "/api=/srv/api.so,
// /=/srv/site.so". And their build ids in the same form. [any]
[[nodiscard]] std::string files_text(const std::vector<MountedSnapshot>& apps);
[[nodiscard]] std::string build_ids_text(const std::vector<MountedSnapshot>& apps);

// One of several is named in front of what is said of it: "mount /api: ..."; the only one is not.
[[nodiscard]] std::string said_of(const config::Mount& mount, std::size_t mounts,
                                  const std::string& text);

// A process has one library of each DT_SONAME. Errors: two apps bring libraries of their own that
// have the same and are not the same; the one that is loaded later would run with the other's.
// Reads the copies. [master] [check child]
[[nodiscard]] Result<Ok> check_libraries(const std::vector<MountedSnapshot>& apps);

}  // namespace appserver::app
