#include "ipc/crash_record.h"

#include <cstring>
#include <memory>
#include <string>

#include <doctest/doctest.h>

namespace appserver::ipc {
namespace {

// As the scoreboard makes them: of zero bytes.
std::unique_ptr<CrashRecord> empty_record() {
  return std::make_unique<CrashRecord>();
}

CrashRecord::Event crash() {
  CrashRecord::Event event;
  event.kind = EndKind::Crash;
  event.signal = 11;
  event.fault_address = 0x10;
  return event;
}

TEST_CASE("CrashRecord: zero bytes are no record") {
  CHECK_FALSE(read(*empty_record()).has_value());
}

TEST_CASE("CrashRecord: frames are read in order, with the names of their files") {
  const auto record = empty_record();
  record->begin(crash());
  CHECK(record->add({0x1010, 0x10, 0, 1}, "/proc/self/fd/7"));
  CHECK(record->add({0x2020, 0x20, 0, 0}, ""));
  CHECK(record->add({0x1030, 0x30, 0, 0}, "/proc/self/fd/7"));
  CHECK(record->add({0x4040, 0, 0, 0}, std::string_view{}));
  const auto facts = read(*record);
  REQUIRE(facts.has_value());
  CHECK(facts->event.signal == 11);
  CHECK(facts->event.fault_address == 0x10);
  CHECK(facts->modules == std::vector<std::string>{"/proc/self/fd/7", ""});
  REQUIRE(facts->frames.size() == 4);
  CHECK(facts->frames[0].module == 0);
  CHECK(facts->frames[0].is_exact == 1);
  CHECK(facts->frames[1].module == 1);
  CHECK(facts->frames[2].module == 0);
  CHECK(facts->frames[2].offset == 0x30);
  CHECK(facts->frames[3].module == CodeFrame::kNoModule);
}

TEST_CASE("CrashRecord: what has no room is left out, and a long path loses its beginning") {
  const auto record = empty_record();
  record->begin(crash());
  const std::string path = std::string(400, 'a') + "/app.so";
  for (std::size_t i = 1; i < CrashRecord::kMostFrames; ++i) {
    CHECK(record->add({i, i, 0, 0}, path + std::to_string(i)));
  }
  CHECK_FALSE(record->add({1, 1, 0, 0}, ""));
  CHECK_FALSE(record->add({1, 1, 0, 0}, ""));
  const auto facts = read(*record);
  REQUIRE(facts.has_value());
  CHECK(facts->frames.size() == CrashRecord::kMostFrames);
  REQUIRE(facts->modules.size() == CrashRecord::kMostModules);
  CHECK(facts->modules[0].size() == CrashRecord::kModuleRoom);
  CHECK(facts->modules[0].ends_with("/app.so1"));
  CHECK(facts->frames[CrashRecord::kMostModules].module == CodeFrame::kNoModule);
}

TEST_CASE("CrashRecord: a new event starts the stack over") {
  const auto record = empty_record();
  record->begin(crash());
  record->add({1, 1, 0, 0}, "a");
  record->begin(crash());
  CHECK(read(*record)->frames.empty());
  record->clear();
  CHECK_FALSE(read(*record).has_value());
}

TEST_CASE("CrashRecord: a record full of garbage is read without leaving its bounds") {
  for (const int garbage : {0x01, 0x02, 0x7F, 0xFF}) {
    const auto record = empty_record();
    std::memset(static_cast<void*>(record.get()), garbage, sizeof *record);
    CHECK_FALSE(read(*record).has_value());
    // Only the kind, which comes first, is what it may be.
    const EndKind kind = EndKind::Crash;
    std::memcpy(static_cast<void*>(record.get()), &kind, sizeof kind);
    REQUIRE(read(*record).has_value());
    CHECK(read(*record)->event.in_handler != 0);
    record->begin(crash());
    record->add({1, 1, 0, 0}, "a");
    // Everything but what begin() wrote is garbage; the counts are made wrong behind its back.
    auto* words = reinterpret_cast<unsigned char*>(record.get());
    std::memset(words + sizeof(EndKind), garbage, 8);
    const auto facts = read(*record);
    REQUIRE(facts.has_value());
    CHECK(facts->frames.size() <= CrashRecord::kMostFrames);
    CHECK(facts->modules.size() <= CrashRecord::kMostModules);
    for (const CodeFrame& frame : facts->frames) {
      CHECK((frame.module < facts->modules.size() || frame.module == CodeFrame::kNoModule));
    }
  }
}

}  // namespace
}  // namespace appserver::ipc
