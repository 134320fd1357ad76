// An app that crashes on demand, in the ways in which programs crash.
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <string>
#include <thread>

#include <appserver/app.hpp>

namespace {

// Not inlined and not a tail call: every level takes its piece of the stack.
[[gnu::noinline]] int overflow(int depth) {
  volatile char frame[4096];
  frame[0] = static_cast<char>(depth);
  return overflow(depth + 1) + frame[0];
}

// Not null, which a sanitizer would notice before the kernel does.
void write_nowhere() {
  volatile std::uintptr_t nowhere = 16;
  *reinterpret_cast<volatile int*>(nowhere) = 1;
}

appserver::Response crash(const appserver::Request& request) {
  const std::string how(request.param("how"));
  if (how == "segv") {
    write_nowhere();
  } else if (how == "late") {
    // Long enough for the worker's standby to have the loop by then.
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    write_nowhere();
  } else if (how == "thread") {
    std::thread(write_nowhere).join();
  } else if (how == "overflow") {
    static_cast<void>(overflow(0));
  } else if (how == "terminate") {
    std::terminate();
  } else if (how == "heap") {
    void* volatile block = std::malloc(24);
    std::free(block);
    std::free(block);  // glibc notices, and aborts.
  } else if (how == "abort") {
    std::abort();
  } else if (how == "fpe") {
    std::raise(SIGFPE);
  } else if (how == "ill") {
    std::raise(SIGILL);
  } else if (how == "bus") {
    std::raise(SIGBUS);
  }
  return appserver::text("survived");
}

}  // namespace

APPSERVER_APP(app) {
  app.get("/crash/{how}", crash);
  app.get("/fine", [](const appserver::Request&) { return appserver::text("fine"); });
  app.post("/body", [](const appserver::Request& request) {
    return appserver::text(std::string(request.body()));
  });
  app.post("/received", [](const appserver::Request&) {
    return appserver::receive([](std::string_view) {}, [] { return appserver::text("all"); });
  });
}
