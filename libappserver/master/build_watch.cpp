#include "master/build_watch.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "master/build_folder.h"

namespace appserver::master {
namespace {

using supervision::Build;
using supervision::DeployOutcome;

// Differs when anything differs that the server would load.
std::string stamp_of(const app::Snapshot& snapshot) {
  std::string stamp = app::digest_text(snapshot.app.digest);
  for (const app::SnapshotFile& library : snapshot.libraries) {
    stamp += " " + library.path + " " + app::digest_text(library.digest);
  }
  return stamp;
}

std::vector<std::string> paths_of(const app::Snapshot& snapshot) {
  std::vector<std::string> paths{snapshot.app.path};
  for (const app::SnapshotFile& library : snapshot.libraries) {
    paths.push_back(library.path);
  }
  return paths;
}

}  // namespace

BuildWatch::BuildWatch(const Surroundings& surroundings)
    : surroundings_(surroundings),
      look_timer_(surroundings.loop),
      files_(surroundings.loop, [this](const FileNews& news) { on_news(news); }) {}

BuildWatch::Subject BuildWatch::wanted() const {
  const supervision::Supervisor& supervisor = surroundings_.supervisor;
  const config::Options& options = surroundings_.deployer.options();
  if (supervisor.is_stop_requested() || supervisor.desired().first_boot) {
    return {};
  }
  return {options.reload, options.watch_dir, options.reload ? supervisor.desired().live : 0};
}

void BuildWatch::go_on() {
  const config::Options& options = surroundings_.deployer.options();
  if (!options.reload && options.watch_dir.empty() && !subject_.is_anything()) {
    return;  // Almost every server.
  }
  if (Subject subject = wanted(); subject != subject_) {
    const bool is_new =
        subject.reload != subject_.reload || subject.watch_dir != subject_.watch_dir;
    if (is_new && subject_.is_anything()) {
      tried_ = {};  // It was about something else.
    }
    subject_ = std::move(subject);
    begin(is_new);
  }
  if (waits_ && !surroundings_.supervisor.is_deploying()) {
    waits_ = false;
    look();
  }
}

// A look follows in any case: nobody has watched since the release was copied.
void BuildWatch::begin(bool is_new) {
  waits_ = false;
  if (!subject_.is_anything()) {
    files_.stop();
    look_timer_.stop();
    return;
  }
  if (subject_.reload) {
    const app::Snapshot& live = surroundings_.releases.at(subject_.live).apps.front().snapshot;
    app_ = live.app.path;
    files_.watch(paths_of(live), {});
  } else {
    files_.watch({}, {app::absolute_path(subject_.watch_dir)});
  }
  if (is_new && subject_.reload) {
    surroundings_.log.warning(
        "every new build of the app is served at once; --reload is for "
        "development",
        {{"app", std::string_view(app_)}});
  } else if (is_new) {
    surroundings_.log.info("new releases in the folder are deployed",
                           {{"folder", std::string_view(subject_.watch_dir)}});
  }
  settling_.note_new_surroundings(Clock::now());
  wait_for_look();
}

// With --reload, another library than those that the live release has may be what a failed one
// lacked; so every library in the folders counts. In a folder of releases a link may have been
// turned whose name says nothing, and a file that is hidden is written to before it is renamed.
bool BuildWatch::concerns(std::string_view name) const {
  return name.empty() || name.find(".so") != std::string_view::npos;
}

void BuildWatch::on_news(const FileNews& news) {
  const TimePoint now = Clock::now();
  switch (news.kind) {
    case FileNews::Kind::Elsewhere:
      settling_.note_new_surroundings(now);
      break;
    case FileNews::Kind::Writing:
      if (concerns(news.name)) {
        settling_.note_writing(news.name, now);
      }
      break;
    case FileNews::Kind::Closed:
      if (concerns(news.name)) {
        settling_.note_closed(news.name, now);
      }
      break;
    case FileNews::Kind::Replaced:
      if (concerns(news.name) || !subject_.reload) {
        settling_.note_replaced(news.name, now);
      }
  }
  wait_for_look();
}

void BuildWatch::wait_for_look() {
  const auto next = settling_.next_look();
  if (!next) {
    look_timer_.stop();
    return;
  }
  const std::chrono::duration<double> from_now = *next - Clock::now();
  look_timer_.start<&BuildWatch::look>(this, std::max(from_now.count(), 0.0));
}

void BuildWatch::look() noexcept {
  if (surroundings_.supervisor.is_stop_requested()) {
    return;
  }
  const std::optional<Broken> broken = subject_.reload ? look_at_app() : look_at_folder();
  if (settling_.looked(broken.has_value(), Clock::now())) {
    tell_failure(broken->path, broken->why);
  }
  wait_for_look();
}

std::optional<BuildWatch::Broken> BuildWatch::look_at_app() {
  tell_complaint(files_.complaint());
  if (settling_.is_any_being_written()) {
    return std::nullopt;  // Its end will be news.
  }
  auto snapshot = app::take_snapshot(app_);
  if (!snapshot) {
    // A linker removes the old one first.
    return snapshot.error().kind == app::LoadError::Kind::NoSuchFile
               ? std::nullopt
               : std::optional(Broken{app_, std::move(snapshot.error().message)});
  }
  const Build build{app_, 0, stamp_of(*snapshot)};
  if (!tried_.is_settled(build)) {
    deploy(build, app_, std::move(*snapshot));
  }
  return std::nullopt;
}

std::optional<BuildWatch::Broken> BuildWatch::look_at_folder() {
  const auto builds = builds_in(subject_.watch_dir);
  tell_complaint(builds ? files_.complaint() : builds.error().message);
  if (!builds) {
    return std::nullopt;
  }
  tried_.keep_only(*builds);
  std::optional<Broken> broken;
  for (const Build& build : *builds) {
    if (settling_.is_being_written(build.name)) {
      continue;
    }
    if (tried_.is_settled(build)) {
      break;
    }
    const std::string path = app::absolute_path(subject_.watch_dir + "/" + build.name);
    auto snapshot = app::take_snapshot(path);
    if (snapshot) {
      deploy(build, path, std::move(*snapshot));
      break;
    }
    if (!broken) {
      broken = Broken{path, std::move(snapshot.error().message)};
    }
  }
  return broken;
}

// The newest build of a developer takes the place of one that is being rolled out; a release of a
// folder waits for the end, and what is the newest one then is taken.
void BuildWatch::deploy(const Build& build, const std::string& path, app::Snapshot snapshot) {
  if (!subject_.reload && surroundings_.supervisor.is_deploying()) {
    waits_ = true;
    return;
  }
  tried_.note_begun(build);
  DeployRequest request;
  request.path = path;
  request.supersede = subject_.reload;
  request.who = subject_.reload ? "reload" : "watch-dir";
  DeployFollower follower;
  follower.ended = [this, build, path](const DeployResult& result) {
    note_end(build, path, result);
  };
  surroundings_.deployer.deploy(request, std::move(snapshot), std::move(follower));
}

void BuildWatch::note_end(const Build& build, const std::string& path, const DeployResult& result) {
  const bool is_refused =
      result.outcome == DeployOutcome::Refused && !surroundings_.supervisor.is_stop_requested();
  if (is_refused || result.outcome == DeployOutcome::Failed ||
      result.outcome == DeployOutcome::RolledBack) {
    tried_.note_failed(build);
    tell_failure(path, result.why);
  }
}

void BuildWatch::tell_failure(const std::string& path, const std::string& why) {
  surroundings_.log.error("THE NEW BUILD IS NOT SERVED; the one before it goes on",
                          {{"app", std::string_view(path)}, {"why", std::string_view(why)}});
}

void BuildWatch::tell_complaint(const std::string& complaint) {
  if (complaint != complaint_) {
    complaint_ = complaint;
    if (!complaint.empty()) {
      surroundings_.log.warning("new builds are not noticed",
                                {{"why", std::string_view(complaint)}});
    } else {
      surroundings_.log.info("new builds are noticed again");
    }
  }
}

}  // namespace appserver::master
