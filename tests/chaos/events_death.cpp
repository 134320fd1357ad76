// How processes of a server end without being asked to.
#include <array>
#include <signal.h>
#include <string>

#include "chaos/event.h"
#include "chaos/scene.h"

namespace appserver::chaos {
namespace {

struct Way {
  const char* name;  // As the app knows it.
  const char* text;
};
constexpr std::array kWays = {
    Way{"segv", "crash: SIGSEGV"},
    Way{"late", "crash: SIGSEGV after 100 ms"},
    Way{"thread", "crash: SIGSEGV on a thread of the app"},
    Way{"bus", "crash: SIGBUS"},
    Way{"fpe", "crash: SIGFPE"},
    Way{"ill", "crash: SIGILL"},
    Way{"abort", "crash: SIGABRT"},
    Way{"overflow", "crash: the stack overflows"},
    Way{"terminate", "crash: std::terminate"},
#if !defined(__SANITIZE_ADDRESS__)  // Which ends the process by itself, without a signal.
    Way{"heap", "crash: double free"},
#endif
};

void end_workers(Scene& scene, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    for (const test::WorkerEntry& worker : scene.server().workers()) {
      scene.signal(worker.pid, SIGTERM);
      scene.wait_until_replaced(worker.pid);
    }
  }
}

void kill_zygote(Scene& scene) {
  for (int i = 0; i < scene.times(5); ++i) {
    const pid_t zygote = scene.server().zygotes().back().pid;
    scene.signal(zygote, SIGKILL);
    scene.wait_until_replaced(zygote);
    end_workers(scene, 1);  // Their successors come from the new one.
    scene.let_deaths_be_forgotten();
  }
}

void kill_workers(Scene& scene) {
  for (int i = 0; i < scene.times(4); ++i) {
    const auto workers = scene.server().workers();
    scene.kill_worker(workers.at(static_cast<std::size_t>(i) % workers.size()));
    scene.go_on();
  }
}

// More of them than workers, and everybody else is served meanwhile.
void block_handlers(Scene& scene) {
  for (int i = 0; i < scene.times(50, 12); ++i) {
    scene.crowd().ask(Questions::harmful("/block/50", 200, "blocked for 50 ms\n"));
    scene.go_on(10);
  }
}

}  // namespace

void add_deaths(std::vector<Event>& events) {
  for (const Way& way : kWays) {
    events.push_back({way.text, [how = std::string(way.name)](Scene& scene) {
                        for (int i = 0; i < scene.times(5, 1); ++i) {
                          scene.crash(how);
                        }
                      }});
  }
  events.push_back({"handlers that block", block_handlers});
  events.push_back({"a handler hangs",
                    [](Scene& scene) {
                      for (int i = 0; i < scene.times(5, 1); ++i) {
                        scene.hang();
                      }
                    },
                    {},
                    // Little for a handler that hangs, and much for one that waits for a processor.
                    {.options = {"--timeout", "2s"}}});
  events.push_back(
      {"TERM to each worker", [](Scene& scene) { end_workers(scene, scene.times(5)); }});
  events.push_back({"kill -9 of the zygote", kill_zygote});
  // The one event that may lose connections: those of the worker that was killed.
  events.push_back({"kill -9 of a worker (loses its own)", kill_workers});
}

}  // namespace appserver::chaos
