#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <appserver/abi.h>

#include "app/host_services.h"
#include "app/load_error.h"
#include "app/snapshot.h"
#include "base/result.h"

namespace appserver::app {

// One route, for people to read. Owned copies.
struct Route {
  std::string method;  // "GET", or "*" for every method
  std::string pattern;
};

// An app's way in: appserver_app_v1, or what stands in for it where an app is not in a file.
using AppEntry = std::function<const appserver_app*(const appserver_host*)>;

// An app that is part of this process. [zygote] [worker]
//
// It stays so until the process ends; nothing unloads it. Destructors of static objects, threads,
// thread-local variables and callbacks that the app left somewhere would run unmapped code, and a
// second build in the same process could share symbols with the first. A new build gets a new
// process.
class LoadedApp {
 public:
  // What the app says of itself, widened to the struct as this server knows it: members that the
  // app's own, older struct does not have are null or zero. `handle` is never null.
  // Valid as long as this object; what the pointers lead to, as long as the process.
  [[nodiscard]] const appserver_app& description() const noexcept { return description_; }

  // The name the app gives itself, else that of its file without directory and ".so".
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  // Empty when the app does not say.
  [[nodiscard]] std::string_view version() const noexcept;
  [[nodiscard]] std::string_view toolchain() const noexcept;
  // Where the app was found before the snapshot was taken, absolute.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  // The names of the hooks that the app has: "on_load", "on_worker_start", …
  [[nodiscard]] std::vector<std::string_view> hooks() const;

  // The app's extension of that name (APPSERVER_ROUTES_EXTENSION, …), or null.
  [[nodiscard]] const void* extension(const char* extension_name) const;

  // What the app tells of its routes; empty when it does not have the extension.
  [[nodiscard]] std::vector<Route> routes() const;

  // Runs on_load when there is one. Call it once per process that called load_app(), before any
  // worker is forked. An exception that the app lets out, against the ABI's rules, is caught.
  // Returns LoadHookFailed with the app's own words.
  [[nodiscard]] Result<Ok, LoadError> run_on_load();

 private:
  friend Result<LoadedApp, LoadError> link_app(const std::string& path, const AppEntry& entry,
                                               HostServices& host);
  LoadedApp(std::string path, const appserver_app& description, HostServices& host);

  std::string path_;
  std::string name_;
  appserver_app description_;
  HostServices* host_;
};

// Loads the snapshot into this process and lets the app set itself up. [zygote] [check child]
// [worker] with --lazy
// Runs code of the app: static initialisers and appserver_app_v1. They may crash the process or
// never return; whoever calls this is a process that may die of it.
// Requires: `host` outlives the process's use of the app, at its address. Nothing was loaded here
// from another snapshot before: the dynamic linker knows a file by its name, which is
// /proc/self/fd/N, and would return the older one. The snapshot's descriptors are open during the
// call; keep them open for whoever reads /proc/self/fd/N from a stack trace later.
// Returns MissingLibrary, LibraryTooOld, UnresolvedSymbol, CannotLoad, SnapshotFailed,
// NoEntrySymbol, WrongAbiMajor, BadDescription or SetupFailed. After an error parts of the app may
// still be loaded: end the process.
[[nodiscard]] Result<LoadedApp, LoadError> load_app(const Snapshot& snapshot, HostServices& host);

// The same for an app that is linked into the program: only lets it set itself up. `path` stands
// for it where a file would be named, in errors and as its name if it has none of its own.
// Requires: as above, without the snapshot. Returns WrongAbiMajor, BadDescription or SetupFailed.
[[nodiscard]] Result<LoadedApp, LoadError> link_app(const std::string& path, const AppEntry& entry,
                                                    HostServices& host);

}  // namespace appserver::app
