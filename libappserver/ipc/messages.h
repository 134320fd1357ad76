#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "ipc/control_messages.h"
#include "ipc/crash_record.h"

// What the processes say to each other: typed, versioned, one message a packet of a SOCK_SEQPACKET
// pair. After an upgrade in place the ends run different builds: hence the version. A message that
// a peer may leave unread and unanswered is added without a new one; any other change raises it,
// and with it the builds on either side refuse to follow each other.
namespace appserver::ipc {

inline constexpr std::uint16_t kProtocolVersion = 2;

// Texts are cut to this, so that every message fits one packet.
inline constexpr std::size_t kMaxText = 8 * 1024;

// --- master to zygote ---

// Fork a worker. Carries the worker's end of its channel to the master; and, for one that is only
// to be checked, the listening socket that is to be its only one.
struct ForkWorker {
  std::uint32_t slot;
  std::uint32_t generation;
  std::uint32_t score;  // Which entry of the scoreboard is the worker's.
};
// A newer generation has taken over: run on_release_retire and leave.
struct Retire {};

// --- zygote to master ---

// The app is loaded (or, with --lazy, will be loaded by each worker); ForkWorker is understood from
// now on.
struct AppLoaded {
  std::string name;
  std::string version;
};
// Also from a worker, when it loads the app itself.
struct AppFailed {
  std::string why;
};
// The worker exists and is a child of the master by now.
struct WorkerForked {
  std::uint32_t slot;
  std::uint32_t score;
  std::int32_t pid;
};
struct WorkerForkFailed {
  std::uint32_t slot;
  std::uint32_t score;
  std::string why;
};

// --- master to worker ---

// Finish the exchanges in progress, take no new connection, leave. Connections are handed over to
// those who stay, if there are any.
struct Drain {
  std::uint8_t hand_over;
};
// Leave now.
struct Stop {};

// --- master to worker and zygote ---

// Carries the new descriptors of the error log and, when there is one, the access log, in this
// order; they replace the descriptors in use.
struct LogsReopened {};

// --- worker to master ---

// The worker accepts connections.
struct WorkerReady {};
// on_worker_start failed; the worker leaves.
struct WorkerFailed {
  std::string why;
};

// The worker has served long enough and wants to be replaced; it goes on serving until Drain comes.
struct RecycleWanted {
  std::string why;
};

// Something has held the worker's event loop for so long, and still does; its stack is in the
// worker's crash record.
struct LoopHeld {
  std::uint32_t milliseconds;
};

// --- master to zygote ---

// Find out which functions a dead worker was in. Carries the end of a channel for the answers,
// whose end of file ends them.
struct NameFrames {
  std::vector<std::string> modules;
  std::vector<CodeFrame> frames;
};

// --- a child of the zygote to the master ---

// One function of a frame; a frame into which others were inlined has several, the innermost first.
struct FrameNamed {
  std::uint32_t frame;  // Its index.
  std::uint32_t line;   // 0: not known.
  std::string function;
  std::string file;
};

// --- check child to master ---

// One check of a deploy has ended.
struct CheckEnded {
  std::string what;  // "GET /health"
  std::uint8_t passed;
  std::string why;  // When it did not pass.
  std::uint32_t milliseconds;
};

// --- master to worker and zygote ---

// The level of the log changes.
struct LogLevelSet {
  std::uint8_t level;  // config::LogLevel
};

// --- zygote to master ---

// What one of several apps says of itself; before AppLoaded, which is empty then.
struct AppDescribed {
  std::uint32_t place;  // Its number among the mounts.
  std::string name;
  std::string version;
};

// The order is part of the protocol: append only.
using Message =
    std::variant<ForkWorker, Retire, AppLoaded, AppFailed, WorkerForked, WorkerForkFailed, Drain,
                 Stop, LogsReopened, WorkerReady, WorkerFailed, RecycleWanted, NameFrames,
                 FrameNamed, CheckEnded, SnapshotWanted, CommandGiven, ServerFacts, GenerationFacts,
                 ReleaseFacts, DeployFacts, PastCrash, CountFacts, SnapshotEnd, CommandProgress,
                 CommandEnded, EventTold, LogLevelSet, LoopHeld, AppDescribed>;

// Both directions of the wire form: a header (magic, version, type, size), then the fields in
// order, integers in host byte order, texts as length and bytes. [any] Pure.
[[nodiscard]] std::vector<char> encode(const Message& message);
// Errors: wrong magic, version or type, and any size that does not add up.
[[nodiscard]] Result<Message> decode(std::span<const char> packet);

}  // namespace appserver::ipc
