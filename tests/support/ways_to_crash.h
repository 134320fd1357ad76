#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <string_view>
#include <thread>

// The ways in which programs crash, for the apps of the tests.
namespace appserver::test {

// Not inlined and not a tail call: every level takes its piece of the stack.
[[gnu::noinline]] inline int overflow_stack(int depth) {
  volatile char frame[4096];
  frame[0] = static_cast<char>(depth);
  return overflow_stack(depth + 1) + frame[0];
}

// Not null, which a sanitizer would notice before the kernel does.
inline void write_nowhere() {
  volatile std::uintptr_t nowhere = 16;
  *reinterpret_cast<volatile int*>(nowhere) = 1;
}

// A function pointer that was never set.
[[gnu::noinline]] inline void call_nothing() {
  void (*volatile nothing)() = nullptr;
  nothing();
}

// Goes on without a stack: nobody can tell who called this.
[[gnu::noinline]] inline void lose_the_stack() {
#if defined(__x86_64__)
  asm volatile("mov $16, %%rsp\n\tmov (%%rsp), %%rax" ::: "memory");
#elif defined(__aarch64__)
  asm volatile("mov x9, #16\n\tmov sp, x9\n\tldr x10, [sp]" ::: "memory");
#endif
}

// Crashes in the way of that name; returns when there is none.
inline void crash(std::string_view how) {
  if (how == "segv") {
    write_nowhere();
  } else if (how == "late") {
    // Long enough for the worker's standby to have the loop by then.
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    write_nowhere();
  } else if (how == "thread") {
    std::thread(write_nowhere).join();
  } else if (how == "nothing") {
    call_nothing();
  } else if (how == "lost") {
    lose_the_stack();
  } else if (how == "overflow") {
    static_cast<void>(overflow_stack(0));
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
}

}  // namespace appserver::test
