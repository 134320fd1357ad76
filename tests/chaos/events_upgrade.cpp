// Other programs in the place of the master, good and broken ones.
#include <filesystem>
#include <signal.h>

#include "chaos/event.h"
#include "chaos/scene.h"
#include "support/running_server.h"

namespace appserver::chaos {
namespace {

constexpr std::string_view kDone = "the program was upgraded in place";
constexpr std::string_view kRefused = "the upgrade failed; the running program goes on";

void upgrade(Scene& scene) {
  for (int i = 0; i < scene.times(20, 3); ++i) {
    scene.signal_and_hear(SIGUSR2, kDone);
    scene.go_on();
  }
}

// The way to a server that is new as a whole.
void upgrade_and_reload(Scene& scene) {
  for (int i = 0; i < scene.times(10); ++i) {
    scene.signal_and_hear(SIGUSR2, kDone);
    scene.reload();
    scene.go_on();
  }
}

// Workers that leave while the program is probed, replaced, or starts.
void upgrade_while_workers_leave(Scene& scene) {
  for (int i = 0; i < scene.times(5, 1); ++i) {
    for (const test::WorkerEntry& worker : scene.server().workers()) {
      scene.signal_master(SIGUSR2);
      scene.go_on(static_cast<std::uint64_t>(10 * i + 1));
      scene.signal(worker.pid, SIGTERM);
      scene.wait_until_replaced(worker.pid);
    }
  }
}

void upgrade_to_garbage(Scene& scene) {
  const std::filesystem::path garbage = scene.folder() / "garbage";
  test::write_over(garbage, "garbage");
  std::filesystem::permissions(garbage, std::filesystem::perms::owner_all);
  for (const char* program : {garbage.c_str(), "/bin/false", "/nowhere"}) {
    scene.install(program);
    scene.signal_and_hear(SIGUSR2, kRefused);
    scene.go_on();
  }
  scene.install(APPSERVERD_BINARY);
}

}  // namespace

void add_upgrades(std::vector<Event>& events) {
  events.push_back({"upgrades in place", upgrade});
  events.push_back({"upgrades in place, each with a reload", upgrade_and_reload});
  events.push_back({"upgrades in place while workers leave", upgrade_while_workers_leave});
  events.push_back({"upgrade: the new program is broken", upgrade_to_garbage});
}

}  // namespace appserver::chaos
