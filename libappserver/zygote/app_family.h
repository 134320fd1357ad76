#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <appserver/detail/app_maker.hpp>

#include "app/host_services.h"
#include "app/loaded_app.h"
#include "app/mounted_app.h"
#include "base/result.h"
#include "observe/log.h"

namespace appserver::zygote {

// The apps of a generation, loaded into this process. They stay so until it ends. [zygote]
class AppFamily {
 public:
  // What the hosts of the apps are made with. References outlive the family.
  struct Surroundings {
    observe::Log& log;
    std::string server_version;
    app::HostServices::ExchangeCalls exchange_calls;
    app::HostServices::ExtensionLookup extensions;
    detail::AppMaker linked_app;  // Makes the one whose snapshot is of none.
  };
  explicit AppFamily(Surroundings surroundings) : with_(std::move(surroundings)) {}
  AppFamily(const AppFamily&) = delete;
  AppFamily& operator=(const AppFamily&) = delete;

  // Loads them in their order, each with its on_load before the next. `will_fork`: none may start a
  // thread. Errors: the first one that cannot be loaded, named if there are others; end the process
  // then. Requires: called once; the snapshots are open.
  [[nodiscard]] Result<Ok> load(const std::vector<app::MountedSnapshot>& snapshots, bool will_fork);

  // Empty before load().
  [[nodiscard]] std::span<const app::MountedApp> apps() const noexcept { return apps_; }

  // Runs their on_release_retire.
  void retire();

 private:
  // An app and its host, which find each other by their addresses.
  struct Member {
    explicit Member(const Surroundings& with, const std::string& label);

    app::HostServices host;
    std::shared_ptr<const appserver_app> linked;  // Keeps the app alive if it is linked in.
    std::optional<app::LoadedApp> app;
  };

  [[nodiscard]] Result<Ok, app::LoadError> load(const app::Snapshot& snapshot, Member& member,
                                                bool will_fork);

  Surroundings with_;
  std::deque<Member> members_;
  std::vector<app::MountedApp> apps_;
};

}  // namespace appserver::zygote
