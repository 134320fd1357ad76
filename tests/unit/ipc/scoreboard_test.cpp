#include "ipc/scoreboard.h"

#include <chrono>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

#include <doctest/doctest.h>

namespace appserver::ipc {
namespace {

Scoreboard make_scoreboard(std::size_t entries) {
  auto scoreboard = Scoreboard::create(entries);
  REQUIRE(scoreboard.has_value());
  return std::move(*scoreboard);
}

TEST_CASE("Scoreboard: entries are claimed, and free again when cleared") {
  Scoreboard scoreboard = make_scoreboard(2);
  CHECK(scoreboard.claim(5, 1) == 0U);
  CHECK(scoreboard.claim(6, 1) == 1U);
  CHECK_FALSE(scoreboard.claim(7, 1).has_value());
  CHECK(scoreboard[1].slot() == 6);
  CHECK(scoreboard[1].state() == WorkerState::Starting);
  scoreboard[0].clear();
  CHECK(scoreboard.claim(7, 2) == 0U);
  CHECK(scoreboard[0].generation() == 2);
}

TEST_CASE("Scoreboard: an entry shows the exchange while it runs, and counts it") {
  Scoreboard scoreboard = make_scoreboard(1);
  ScoreboardEntry& entry = scoreboard[0];
  CHECK_FALSE(entry.current_exchange().has_value());
  const TimePoint start{std::chrono::seconds(42)};
  entry.count_request();
  const auto peer = net::PeerAddress::parse("192.0.2.7", 4711).value();
  entry.begin_exchange({"GET", "/notes?limit=1", "id-1", peer}, start,
                       start + std::chrono::seconds(30));
  CHECK(entry.deadline() == start + std::chrono::seconds(30));
  const auto exchange = entry.current_exchange();
  REQUIRE(exchange.has_value());
  CHECK(exchange->method == "GET");
  CHECK(exchange->target == "/notes?limit=1");
  CHECK(exchange->request_id == "id-1");
  CHECK(exchange->peer == peer);
  CHECK(exchange->started == start);
  entry.end_exchange();
  CHECK_FALSE(entry.current_exchange().has_value());
  CHECK(entry.deadline() == TimePoint::max());
  CHECK(entry.requests() == 1);
}

TEST_CASE("Scoreboard: texts are cut to the room they have") {
  Scoreboard scoreboard = make_scoreboard(1);
  const std::string long_text(9000, '/');
  scoreboard[0].begin_exchange({std::string(300, 'M'), long_text, long_text, {}},
                               TimePoint{std::chrono::seconds(1)}, TimePoint::max());
  const auto exchange = scoreboard[0].current_exchange();
  REQUIRE(exchange.has_value());
  CHECK(exchange->method == std::string(ScoreboardEntry::kMethodRoom, 'M'));
  CHECK(exchange->target == std::string(ScoreboardEntry::kTargetRoom, '/'));
  CHECK(exchange->request_id == std::string(ScoreboardEntry::kRequestIdRoom, '/'));
}

TEST_CASE("Scoreboard: an exchange can get its id later, and the next one has none") {
  Scoreboard scoreboard = make_scoreboard(1);
  ScoreboardEntry& entry = scoreboard[0];
  const TimePoint start{std::chrono::seconds(1)};
  entry.begin_exchange({"GET", "/", "", {}}, start, TimePoint::max());
  CHECK_FALSE(entry.has_request_id());
  entry.set_request_id("made-here");
  CHECK(entry.has_request_id());
  CHECK(entry.current_exchange()->request_id == "made-here");
  entry.begin_exchange({"GET", "/", "", {}}, start, TimePoint::max());
  CHECK_FALSE(entry.has_request_id());
}

TEST_CASE("Scoreboard: a claimed entry has no crash record of an earlier worker") {
  Scoreboard scoreboard = make_scoreboard(1);
  CrashRecord::Event event;
  event.kind = EndKind::Crash;
  scoreboard.crash_record(0).begin(event);
  REQUIRE(read(scoreboard.crash_record(0)).has_value());
  CHECK(scoreboard.claim(0, 1) == 0U);
  CHECK_FALSE(read(scoreboard.crash_record(0)).has_value());
}

TEST_CASE("Scoreboard: two entries never share a cache line") {
  Scoreboard scoreboard = make_scoreboard(2);
  CHECK(reinterpret_cast<std::uintptr_t>(&scoreboard[0]) % 64 == 0);
  CHECK(sizeof(ScoreboardEntry) % 64 == 0);
}

TEST_CASE("Scoreboard: one that is mapped again shows what was written, and shares what comes") {
  Scoreboard before = make_scoreboard(3);
  CHECK(before.claim(5, 1) == 0U);
  CHECK(before.claim(6, 2) == 1U);
  before[1].begin_exchange({"GET", "/slow", "", {}}, TimePoint{std::chrono::seconds(42)},
                           TimePoint::max());
  UniqueFd file(::fcntl(before.fd(), F_DUPFD_CLOEXEC, 0));
  auto after = Scoreboard::adopt(file);
  REQUIRE(after.has_value());
  CHECK_FALSE(file.is_open());
  CHECK(after->capacity() == 3);
  CHECK(after->entries().size() == 2);
  CHECK((*after)[1].slot() == 6);
  CHECK((*after)[1].current_exchange()->target == "/slow");
  before[1].end_exchange();
  CHECK_FALSE((*after)[1].current_exchange().has_value());
  CHECK(after->claim(7, 2) == 2U);
  CHECK_FALSE(before.claim(8, 2).has_value());
}

TEST_CASE("Scoreboard: a file of another size is none, and stays the caller's") {
  UniqueFd file(::memfd_create("test", MFD_CLOEXEC));
  for (const off_t size : {off_t{0}, off_t{64}, off_t{64 + 8}}) {
    REQUIRE(::ftruncate(file.get(), size) == 0);
    CHECK_FALSE(Scoreboard::adopt(file).has_value());
    CHECK(file.is_open());
  }
}

}  // namespace
}  // namespace appserver::ipc
