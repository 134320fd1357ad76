#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ipc/crash_record.h"

// What became of a worker that ended in the middle of its work, as people and programs are told.
namespace appserver::observe {

// One function on the stack. What is not known is empty or zero.
struct StackFrame {
  std::uint64_t address = 0;
  std::string module;  // The file that the code is from; empty: none.
  std::uint64_t offset = 0;
  std::string function;  // As in the source.
  std::string file;
  std::uint32_t line = 0;
  bool is_inlined = false;  // Part of the next frame's machine code.
};

// Also of one whose event loop is held, which is no end. A plain value. All texts may hold
// anything: they came from clients and apps.
struct CrashReport {
  ipc::EndKind kind = ipc::EndKind::Crash;
  std::chrono::system_clock::time_point when;
  int signal = 0;
  std::string cause;  // "address not mapped"; empty when the signal's name says it all.
  std::optional<std::uint64_t> fault_address;
  std::string ended_by;  // How the process ended, when that was not by `signal`.
  std::int32_t pid = 0;
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  std::string app;
  std::string build_id;
  // The request that the app was working at. Whether it is at fault is not known when another
  // thread crashed: `in_handler` is false then.
  struct Request {
    std::string method;
    std::string target;
    std::string id;
    std::string peer;
    double seconds_in_handler = 0;
  };
  std::optional<Request> request;
  bool in_handler = false;
  std::vector<StackFrame> stack;  // The innermost first.
  std::string next;               // What the server does about it.

  // Whether the worker has ended.
  [[nodiscard]] bool is_end() const noexcept { return kind != ipc::EndKind::Held; }
};

// Why the kernel sent the signal, by its si_code: "address not mapped"; "sent by process 812";
// empty when there is nothing to add to the signal's name. Pure. [any]
[[nodiscard]] std::string cause_of(const ipc::CrashRecord::Event& event);
// The address that the code could not use; nothing when the signal is none about an address.
[[nodiscard]] std::optional<std::uint64_t> fault_address_of(const ipc::CrashRecord::Event& event);

// "0x7f00deadbeef"
[[nodiscard]] std::string hex_text(std::uint64_t number);

// The stack for people, each line without an end of line:
// "#0 crash(int) at app.cpp:25 (app.so+0x1234)". A function that calls itself is told once, and
// what called the app is left out: those are always the same frames of the server. Pure.
[[nodiscard]] std::vector<std::string> stack_lines(const CrashReport& report);

// The report as one JSON object on one line, without an end of line: what --on-crash gets on its
// standard input. docs/OPERATION.md has its members. Pure.
[[nodiscard]] std::string to_json(const CrashReport& report);

}  // namespace appserver::observe
