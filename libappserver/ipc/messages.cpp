#include "ipc/messages.h"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <type_traits>
#include <utility>

namespace appserver::ipc {
namespace {

struct Header {
  std::uint32_t magic;
  std::uint16_t version;
  std::uint16_t type;
};

constexpr std::uint32_t kMagic = 0x64767361;  // "asvd", also a check of the byte order.

// The fields of each message in their order on the wire; one line a message, used by both
// directions. Here those of control_messages.h, which have an id.
template <typename Self>
auto control_fields(Self& m) {
  using M = std::remove_const_t<Self>;
  if constexpr (std::is_same_v<M, CommandGiven>) {
    return std::tie(m.id, m.command, m.uid, m.pid, m.path, m.canary, m.watch_milliseconds, m.verify,
                    m.force, m.supersede, m.workers, m.quick, m.level, m.mount);
  } else if constexpr (std::is_same_v<M, ServerFacts>) {
    return std::tie(m.id, m.name, m.version, m.pid, m.state, m.started_at, m.app, m.binds,
                    m.workers);
  } else if constexpr (std::is_same_v<M, GenerationFacts>) {
    return std::tie(m.id, m.generation, m.release, m.state, m.zygote_pid);
  } else if constexpr (std::is_same_v<M, ReleaseFacts>) {
    return std::tie(m.id, m.release, m.app, m.name, m.version, m.build_id, m.digest, m.at, m.who,
                    m.outcome, m.why, m.is_live, m.is_previous, m.mount);
  } else if constexpr (std::is_same_v<M, DeployFacts>) {
    return std::tie(m.id, m.is_under_way, m.generation, m.release, m.path, m.state, m.why, m.who,
                    m.at, m.took);
  } else if constexpr (std::is_same_v<M, PastCrash>) {
    return std::tie(m.id, m.at, m.slot, m.generation, m.pid, m.signal, m.method, m.target,
                    m.stack_top);
  } else if constexpr (std::is_same_v<M, CountFacts>) {
    return std::tie(m.id, m.requests, m.errors, m.times, m.exit_reasons, m.exits, m.outcomes,
                    m.deploys);
  } else if constexpr (std::is_same_v<M, CommandProgress>) {
    return std::tie(m.id, m.what, m.generation, m.slot);
  } else if constexpr (std::is_same_v<M, CommandEnded>) {
    return std::tie(m.id, m.ok, m.outcome, m.generation, m.release, m.why, m.took);
  } else {
    static_assert(std::is_same_v<M, SnapshotWanted> || std::is_same_v<M, SnapshotEnd>);
    return std::tie(m.id);
  }
}

// Those of all others.
template <typename Self>
auto fields(Self& message) {
  using M = std::remove_const_t<Self>;
  if constexpr (std::is_same_v<M, ForkWorker>) {
    return std::tie(message.slot, message.generation, message.score);
  } else if constexpr (std::is_same_v<M, AppLoaded>) {
    return std::tie(message.name, message.version);
  } else if constexpr (std::is_same_v<M, AppDescribed>) {
    return std::tie(message.place, message.name, message.version);
  } else if constexpr (std::is_same_v<M, WorkerForked>) {
    return std::tie(message.slot, message.score, message.pid);
  } else if constexpr (std::is_same_v<M, WorkerForkFailed>) {
    return std::tie(message.slot, message.score, message.why);
  } else if constexpr (std::is_same_v<M, CheckEnded>) {
    return std::tie(message.what, message.passed, message.why, message.milliseconds);
  } else if constexpr (std::is_same_v<M, Drain>) {
    return std::tie(message.hand_over);
  } else if constexpr (std::is_same_v<M, AppFailed> || std::is_same_v<M, WorkerFailed> ||
                       std::is_same_v<M, RecycleWanted>) {
    return std::tie(message.why);
  } else if constexpr (std::is_same_v<M, LoopHeld>) {
    return std::tie(message.milliseconds);
  } else if constexpr (std::is_same_v<M, NameFrames>) {
    return std::tie(message.modules, message.frames);
  } else if constexpr (std::is_same_v<M, FrameNamed>) {
    return std::tie(message.frame, message.line, message.function, message.file);
  } else if constexpr (std::is_same_v<M, LogLevelSet>) {
    return std::tie(message.level);
  } else if constexpr (std::is_same_v<M, EventTold>) {
    return std::tie(message.line);
  } else if constexpr (requires { message.id; }) {
    return control_fields(message);
  } else {
    static_assert(std::is_empty_v<M>, "a message with fields needs its line here");
    return std::tuple<>{};
  }
}

class Packer {
 public:
  template <typename T>
  void put(const T& value) requires std::is_trivially_copyable_v<T> {
    const auto* bytes = reinterpret_cast<const char*>(&value);
    packet_.insert(packet_.end(), bytes, bytes + sizeof value);
  }
  void put(const std::string& text) {
    const std::size_t length = std::min(text.size(), kMaxText);
    put(static_cast<std::uint32_t>(length));
    packet_.insert(packet_.end(), text.data(), text.data() + length);
  }
  template <typename T>
  void put(const std::vector<T>& list) {
    put(static_cast<std::uint32_t>(list.size()));
    for (const T& element : list) {
      put(element);
    }
  }
  std::vector<char> take() { return std::move(packet_); }

 private:
  std::vector<char> packet_;
};

class Unpacker {
 public:
  explicit Unpacker(std::span<const char> packet) : rest_(packet) {}

  template <typename T>
  bool get(T& value) requires std::is_trivially_copyable_v<T> {
    if (rest_.size() < sizeof value) {
      return false;
    }
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_ = rest_.subspan(sizeof value);
    return true;
  }
  bool get(std::string& text) {
    std::uint32_t length = 0;
    if (!get(length) || rest_.size() < length) {
      return false;
    }
    text.assign(rest_.data(), length);
    rest_ = rest_.subspan(length);
    return true;
  }
  template <typename T>
  bool get(std::vector<T>& list) {
    std::uint32_t count = 0;
    // Every element takes a byte at least: a count that cannot be true allocates nothing.
    if (!get(count) || count > rest_.size()) {
      return false;
    }
    list.resize(count);
    return std::all_of(list.begin(), list.end(), [this](T& element) { return get(element); });
  }
  [[nodiscard]] bool is_at_end() const { return rest_.empty(); }

 private:
  std::span<const char> rest_;
};

template <std::size_t Type>
Result<Message> decode_as(Unpacker& in) {
  std::variant_alternative_t<Type, Message> message{};
  const bool complete =
      std::apply([&in](auto&... field) { return (in.get(field) && ...); }, fields(message));
  if (!complete || !in.is_at_end()) {
    return failure("message type " + std::to_string(Type) + " has the wrong size");
  }
  return Message{std::move(message)};
}

template <std::size_t... Types>
Result<Message> decode_by_type(std::size_t type, Unpacker& in, std::index_sequence<Types...>) {
  Result<Message> result = failure("unknown message type " + std::to_string(type));
  (void)((type == Types && (result = decode_as<Types>(in), true)) || ...);
  return result;
}

}  // namespace

std::vector<char> encode(const Message& message) {
  Packer out;
  out.put(Header{kMagic, kProtocolVersion, static_cast<std::uint16_t>(message.index())});
  std::visit(
      [&out](const auto& alternative) {
        std::apply([&out](const auto&... field) { (out.put(field), ...); }, fields(alternative));
      },
      message);
  return out.take();
}

Result<Message> decode(std::span<const char> packet) {
  Unpacker in(packet);
  Header header{};
  if (!in.get(header) || header.magic != kMagic) {
    return failure(std::string("not a message of this server"));
  }
  if (header.version != kProtocolVersion) {
    return failure("message of protocol version " + std::to_string(header.version) +
                   ", this process speaks version " + std::to_string(kProtocolVersion));
  }
  return decode_by_type(header.type, in, std::make_index_sequence<std::variant_size_v<Message>>{});
}

}  // namespace appserver::ipc
