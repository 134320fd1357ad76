#include "ipc/messages.h"

#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

namespace appserver::ipc {
namespace {

template <typename T>
T round_trip(const T& message) {
  const auto decoded = decode(encode(Message{message}));
  REQUIRE(decoded.has_value());
  REQUIRE(std::holds_alternative<T>(*decoded));
  return std::get<T>(*decoded);
}

TEST_CASE("messages: every kind survives the way through a packet") {
  const auto order = round_trip(ForkWorker{3, 7, 11});
  CHECK(order.slot == 3);
  CHECK(order.generation == 7);
  CHECK(order.score == 11);
  const auto loaded = round_trip(AppLoaded{"notes", "1.2"});
  CHECK(loaded.name == "notes");
  CHECK(loaded.version == "1.2");
  CHECK(round_trip(AppFailed{"undefined symbol"}).why == "undefined symbol");
  CHECK(round_trip(WorkerForked{1, 2, 4711}).pid == 4711);
  CHECK(round_trip(WorkerForkFailed{1, 2, "EAGAIN"}).why == "EAGAIN");
  CHECK(round_trip(WorkerFailed{""}).why.empty());
  round_trip(Retire{});
  CHECK(round_trip(Drain{1}).hand_over == 1);
  round_trip(Stop{});
  round_trip(LogsReopened{});
  round_trip(WorkerReady{});
  CHECK(round_trip(LoopHeld{250}).milliseconds == 250);
  CHECK(round_trip(RecycleWanted{"1000 requests served"}).why == "1000 requests served");
  const auto frames = round_trip(NameFrames{{"", "/lib/libc.so.6"}, {{0x1000, 0x10, 1, 1}, {}}});
  CHECK(frames.modules == std::vector<std::string>{"", "/lib/libc.so.6"});
  REQUIRE(frames.frames.size() == 2);
  CHECK(frames.frames[0].offset == 0x10);
  CHECK(frames.frames[1].module == CodeFrame::kNoModule);
  const auto name = round_trip(FrameNamed{4, 25, "crash(int)", "app.cpp"});
  CHECK(name.frame == 4);
  CHECK(name.line == 25);
  CHECK(name.function == "crash(int)");
  CHECK(name.file == "app.cpp");
}

TEST_CASE("messages: the largest stack fits a packet") {
  const std::vector<std::string> modules(CrashRecord::kMostModules,
                                         std::string(CrashRecord::kModuleRoom, 'm'));
  const std::vector<CodeFrame> frames(CrashRecord::kMostFrames);
  CHECK(encode(NameFrames{modules, frames}).size() <= 2 * kMaxText);
  CHECK(round_trip(NameFrames{modules, frames}).frames.size() == CrashRecord::kMostFrames);
}

TEST_CASE("messages: a list that claims more elements than there are bytes is refused") {
  std::vector<char> packet = encode(NameFrames{});
  REQUIRE(decode(packet).has_value());
  packet[8] = packet[9] = packet[10] = packet[11] = '\xFF';  // The count behind the header.
  CHECK_FALSE(decode(packet).has_value());
}

TEST_CASE("messages: a text is cut to what a packet holds") {
  const auto failed = round_trip(AppFailed{std::string(3 * kMaxText, 'x')});
  CHECK(failed.why == std::string(kMaxText, 'x'));
}

TEST_CASE("messages: a packet that is cut anywhere is refused") {
  const std::vector<char> packet = encode(AppLoaded{"notes", "1.2"});
  for (std::size_t size = 0; size < packet.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(decode(std::span(packet).first(size)).has_value());
  }
}

TEST_CASE("messages: extra bytes, another magic, version or type are refused") {
  std::vector<char> packet = encode(ForkWorker{1, 2, 3});
  packet.push_back('x');
  CHECK_FALSE(decode(packet).has_value());
  packet.pop_back();
  REQUIRE(decode(packet).has_value());
  for (const std::size_t position : {0U, 4U, 6U}) {  // Magic, version, type.
    CAPTURE(position);
    std::vector<char> changed = packet;
    changed[position] = static_cast<char>(changed[position] + 77);
    CHECK_FALSE(decode(changed).has_value());
  }
}

}  // namespace
}  // namespace appserver::ipc
