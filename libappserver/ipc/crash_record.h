#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

// What a worker leaves behind when it ends in the middle of its work: written by its signal
// handler into shared memory, read by the master after the worker was reaped.
//
// A crash has damaged the process that writes this, and the process runs code of the app: the
// reader believes no count and no text.
namespace appserver::ipc {

// Why there is a record.
enum class EndKind : std::uint32_t {
  None,     // There is none.
  Crash,    // A fatal signal.
  Timeout,  // A handler was over its deadline.
  Held,     // No end: the event loop is held for long, and the worker goes on.
};

// One place in the code of a process. A plain value, also part of a message.
struct CodeFrame {
  static constexpr std::uint32_t kNoModule = ~0U;

  std::uint64_t address = 0;
  // From where the file is mapped, so that it names the same place in every process.
  std::uint64_t offset = 0;
  std::uint32_t module = kNoModule;  // Which file, by its index.
  // 1: the instruction that was about to run. 0: the one behind a call.
  std::uint32_t is_exact = 0;
};

// The record as it lies in shared memory; zero bytes are an empty one. [worker] writes it in its
// signal handler: every member function is async-signal-safe.
class alignas(64) CrashRecord {
 public:
  static constexpr std::size_t kMostFrames = 64;
  static constexpr std::size_t kMostModules = 12;
  // The longest path of a mapped file; a longer one loses its beginning.
  static constexpr std::size_t kModuleRoom = 192;

  // What happened, apart from the stack.
  struct Event {
    EndKind kind = EndKind::None;
    std::int32_t signal = 0;
    std::int32_t code = 0;  // si_code, see sigaction(2).
    std::int32_t thread = 0;
    std::int32_t sender = 0;       // Of a signal that a process sent.
    std::uint32_t in_handler = 0;  // 1: on the thread that runs the app, while it ran.
    std::uint64_t fault_address = 0;
    TimePoint when;
  };

  // Starts the record over with an empty stack.
  void begin(const Event& event) noexcept;
  // Adds the next frame, whose file is `module`; an empty view for the program itself, null data
  // for code that belongs to no file. Each frame is there as soon as this returns: what follows may
  // crash. Returns: whether there is room for another one.
  bool add(CodeFrame frame, std::string_view module) noexcept;
  // [master]
  void clear() noexcept { kind_.store(EndKind::None, std::memory_order_relaxed); }

  friend std::optional<struct CrashFacts> read(const CrashRecord& record);

 private:
  [[nodiscard]] std::uint32_t index_of(std::string_view module) noexcept;

  std::atomic<EndKind> kind_;
  std::atomic<std::uint32_t> frame_count_;
  std::atomic<std::uint32_t> module_count_;
  Event event_;
  std::array<std::uint8_t, kMostModules> module_sizes_;
  std::array<std::array<char, kModuleRoom>, kMostModules> modules_;
  std::array<CodeFrame, kMostFrames> frames_;
};
static_assert(sizeof(CrashRecord) <= 4096, "a record is a page that nobody touches without need");

// The same, copied and put in order.
struct CrashFacts {
  CrashRecord::Event event;
  std::vector<std::string> modules;  // Paths; empty for the program itself.
  // The innermost first. Each module index is valid or kNoModule.
  std::vector<CodeFrame> frames;
};

// Returns: nothing when there is no record. Requires: the worker is dead. [master]
[[nodiscard]] std::optional<CrashFacts> read(const CrashRecord& record);

}  // namespace appserver::ipc
