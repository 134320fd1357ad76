// What people do to a server on a working day: new releases, good and broken ones, and scaling.
#include <filesystem>
#include <signal.h>

#include "chaos/event.h"
#include "chaos/scene.h"
#include "support/running_server.h"

namespace appserver::chaos {
namespace {

// Deploys a broken build, which is refused; then the good one again.
void deploy_in_vain(Scene& scene, const std::string& build, std::string_view why) {
  test::copy_over(build, scene.app());
  scene.reload_in_vain(why);
  test::copy_over(APPSERVER_CHAOS_APP, scene.app());
}

void reload_again_and_again(Scene& scene) {
  for (int i = 0; i < scene.times(20); ++i) {
    scene.reload();
    scene.go_on();
  }
}

// Some come before the last one is done and supersede it, at whatever stage it is.
void reload_without_waiting(Scene& scene) {
  for (int i = 0; i < 2 * scene.times(20); ++i) {
    scene.signal_master(SIGHUP);
    scene.go_on(static_cast<std::uint64_t>(5 + 20 * (i % 4)));
  }
  scene.reload();
}

void deploy_half_a_file(Scene& scene) {
  const std::filesystem::path half = scene.folder() / "half.so";
  test::copy_over(APPSERVER_CHAOS_APP, half);
  std::filesystem::resize_file(half, std::filesystem::file_size(half) / 2);
  deploy_in_vain(scene, half, "app.so");
}

// The app's file is overwritten, and nobody asked for a reload: even workers that are forked later
// must not notice.
void overwrite_file(Scene& scene) {
  test::write_over(scene.app(), "garbage");
  for (const test::WorkerEntry& worker : scene.server().workers()) {
    scene.signal(worker.pid, SIGTERM);
    scene.wait_until_replaced(worker.pid);
  }
  test::copy_over(APPSERVER_CHAOS_APP, scene.app());
}

void scale(Scene& scene) {
  const unsigned workers = scene.expected_workers();
  for (int i = 0; i < scene.times(5); ++i) {
    for (const int step : {SIGTTIN, SIGTTIN, SIGTTOU, SIGTTOU, SIGTTOU, SIGTTOU, SIGTTOU, SIGTTIN,
                           SIGTTIN, SIGTTIN}) {
      scene.expect_workers(scene.expected_workers() + (step == SIGTTIN ? 1 : -1U));
      // One after the other: a signal that comes before the last one of its kind was read is none.
      scene.signal_and_hear(step, "scaling workers=");
      scene.go_on();
    }
    scene.wait_until_whole();
  }
  scene.expect_workers(workers);
}

}  // namespace

void add_deployments(std::vector<Event>& events) {
  events.push_back({"nothing happens", [](Scene&) {}});
  events.push_back({"reloads, one after the other", reload_again_and_again});
  events.push_back({"reloads that overtake each other", reload_without_waiting});
  events.push_back({"deploy: half a file", deploy_half_a_file});
  events.push_back({"deploy: the load hook fails", [](Scene& scene) {
                      deploy_in_vain(scene, test::fixture_app("load_hook_fails"),
                                     "cannot read prices.csv");
                    }});
  events.push_back({"deploy: crashes while it is loaded", [](Scene& scene) {
                      deploy_in_vain(scene, test::fixture_app("load_hook_crashes"),
                                     "the generation failed");
                    }});
  events.push_back({"deploy: its workers cannot start", [](Scene& scene) {
                      deploy_in_vain(scene, test::server_app("worker_start_fails"),
                                     "the database is away");
                    }});
  events.push_back({"the app's file is overwritten", overwrite_file});
  events.push_back({"scaling up and down", scale});
}

}  // namespace appserver::chaos
