#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/load_error.h"
#include "app/snapshot.h"
#include "base/event_loop.h"
#include "base/file_watch.h"
#include "master/deployer.h"
#include "master/releases.h"
#include "observe/log.h"
#include "supervision/file_settling.h"
#include "supervision/supervisor.h"
#include "supervision/tried_builds.h"

namespace appserver::master {

// Deploys by itself what somebody builds or delivers: with --reload the app that is served, when it
// or a library beside it changes; with --watch-dir the newest release of a folder. When to look is
// decided by FileSettling, what is new by TriedBuilds. [master]
//
// What cannot be deployed is told in one record, and left alone until it is another file.
class BuildWatch {
 public:
  struct Surroundings {
    EventLoop& loop;
    observe::Log& log;
    const supervision::Supervisor& supervisor;
    const Releases& releases;
    Deployer& deployer;  // Its options say what is followed.
  };
  // All in `surroundings` outlives it.
  explicit BuildWatch(const Surroundings& surroundings);
  BuildWatch(const BuildWatch&) = delete;
  BuildWatch& operator=(const BuildWatch&) = delete;

  // Follows what the options and the live release say by now. Called after each pass of the loop:
  // costs a few comparisons when nothing is different.
  void go_on();

  // What an upgrade in place passes on, so that the next program does not try again what failed, or
  // undo a rollback.
  [[nodiscard]] std::vector<supervision::TriedBuild> tried() const { return tried_.entries(); }
  // Requires: called before go_on().
  void resume(const std::vector<supervision::TriedBuild>& tried) {
    tried_ = supervision::TriedBuilds::resume(tried);
  }

 private:
  // What is watched, and so what go_on() compares.
  struct Subject {
    bool reload = false;
    std::string watch_dir;
    supervision::Generation live = 0;  // With --reload, of which the files are.
    bool operator==(const Subject&) const = default;
    [[nodiscard]] bool is_anything() const { return reload || !watch_dir.empty(); }
  };
  // What a look has found that cannot be deployed.
  struct Broken {
    std::string path;
    std::string why;
  };

  [[nodiscard]] Subject wanted() const;
  void begin(bool is_new);
  void on_news(const FileNews& news);
  [[nodiscard]] bool concerns(std::string_view name) const;
  void wait_for_look();
  void look() noexcept;
  [[nodiscard]] std::optional<Broken> look_at_app();
  [[nodiscard]] std::optional<Broken> look_at_folder();
  void deploy(const supervision::Build& build, const std::string& path, app::Snapshot snapshot);
  void note_end(const supervision::Build& build, const std::string& path,
                const DeployResult& result);
  void tell_failure(const std::string& path, const std::string& why);
  void tell_complaint(const std::string& complaint);

  Surroundings surroundings_;
  Subject subject_;
  std::string app_;  // With --reload: the path.
  supervision::FileSettling settling_;
  supervision::TriedBuilds tried_;
  bool waits_ = false;     // For the end of somebody else's deploy.
  std::string complaint_;  // Of the folder or the watch, as it was told last.
  TimerWatcher look_timer_;
  FileWatch files_;
};

}  // namespace appserver::master
