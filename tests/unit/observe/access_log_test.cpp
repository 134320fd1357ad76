#include "observe/access_log.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <limits>
#include <stdlib.h>
#include <string>
#include <sys/socket.h>
#include <time.h>

#include <doctest/doctest.h>

#include "pipe.h"

using appserver::UniqueFd;
using appserver::observe::AccessLog;
using appserver::observe::AccessRecord;
using appserver::observe::AccessTime;
using appserver::observe::append_access_record;
using appserver::observe::drain;
using appserver::observe::MemoryFile;
using appserver::observe::Pipe;

namespace {

std::size_t allocations = 0;

}  // namespace

// Counts, for the test that nothing is allocated in steady state.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) {
    return memory;
  }
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace {

constexpr std::time_t kTime = 1'795'600'800;  // 2026-11-25 10:00:00 UTC.
constexpr std::string_view kTimeText = "25/Nov/2026:10:00:00 +0000";

void set_time_zone(const char* zone) {
  ::setenv("TZ", zone, 1);
  ::tzset();
}

AccessRecord usual() {
  return {.host = "192.0.2.1",
          .method = "GET",
          .target = "/path?x=1",
          .http_version = 11,
          .status = 200,
          .bytes = 13,
          .referer = "http://example.org/",
          .user_agent = "curl/8.0"};
}

std::string line(const AccessRecord& record) {
  std::string batch;
  append_access_record(batch, kTimeText, record);
  return batch;
}

}  // namespace

TEST_CASE("access record: the combined format") {
  CHECK(line(usual()) ==
        "192.0.2.1 - - [25/Nov/2026:10:00:00 +0000] \"GET /path?x=1 HTTP/1.1\" 200 13 "
        "\"http://example.org/\" \"curl/8.0\"\n");
}

TEST_CASE("access record: what is missing is a dash") {
  CHECK(line({.status = 400}) == "- - - [25/Nov/2026:10:00:00 +0000] \"-\" 400 0 \"-\" \"-\"\n");
}

TEST_CASE("access record: HTTP/1.0 is named, and the largest size fits") {
  auto record = usual();
  record.http_version = 10;
  record.bytes = std::numeric_limits<std::uint64_t>::max();
  CHECK(line(record).find("\"GET /path?x=1 HTTP/1.0\" 200 18446744073709551615 ") !=
        std::string::npos);
}

TEST_CASE("access record: records are appended to what is there") {
  std::string batch = "before\n";
  append_access_record(batch, kTimeText, usual());
  CHECK(batch == "before\n" + line(usual()));
}

TEST_CASE("access record: quotes, backslashes, control bytes and non-ASCII are escaped") {
  auto record = usual();
  record.user_agent = "a\"b\\c\nd\re\tf\x7fg\x1bh\xc3\xa9";
  CHECK(line(record).ends_with("\"a\\x22b\\x5Cc\\x0Ad\\x0De\\x09f\\x7Fg\\x1Bh\\xC3\\xA9\"\n"));
}

TEST_CASE("access record: no byte in any place forges a line or ends a quoted part") {
  for (int value = 0; value < 256; ++value) {
    const std::string hostile(3, static_cast<char>(value));
    const std::string record = line({.host = hostile,
                                     .method = hostile,
                                     .target = hostile,
                                     .status = 200,
                                     .referer = hostile,
                                     .user_agent = hostile});
    CHECK(std::count(record.begin(), record.end(), '\n') == 1);
    CHECK(std::count(record.begin(), record.end(), '"') == 6);
    CHECK(std::all_of(record.begin(), record.end() - 1,
                      [](char c) { return c >= 0x20 && c <= 0x7E; }));
  }
}

TEST_CASE("AccessTime: local time with its offset, whatever the locale") {
  AccessTime utc;
  set_time_zone("UTC");
  CHECK(utc.text(kTime) == kTimeText);
  CHECK(utc.text(kTime + 61) == "25/Nov/2026:10:01:01 +0000");
  CHECK(utc.text(0) == "01/Jan/1970:00:00:00 +0000");
  AccessTime west;
  set_time_zone("XXX08");
  CHECK(west.text(kTime) == "25/Nov/2026:02:00:00 -0800");
  set_time_zone("UTC");
}

TEST_CASE("AccessLog: nothing is written before the flush, and one flush is one write") {
  set_time_zone("UTC");
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const UniqueFd near(ends[0]);
  const UniqueFd far(ends[1]);
  ::fcntl(far.get(), F_SETFL, O_NONBLOCK);
  AccessLog log(near.get());
  log.add(kTime, usual());
  log.add(kTime, usual());
  std::array<char, 4096> packet;
  CHECK(::recv(far.get(), packet.data(), packet.size(), 0) == -1);
  log.flush();
  const ssize_t got = ::recv(far.get(), packet.data(), packet.size(), 0);
  REQUIRE(got > 0);
  CHECK(std::string(packet.data(), static_cast<std::size_t>(got)) == line(usual()) + line(usual()));
  log.flush();
  CHECK(::recv(far.get(), packet.data(), packet.size(), 0) == -1);
}

TEST_CASE("AccessLog: a full batch is written without waiting for the flush") {
  const MemoryFile file;
  AccessLog log(file.fd.get());
  const std::string target(8000, 'x');
  auto record = usual();
  record.target = target;
  for (int i = 0; i < 100; ++i) {
    log.add(kTime, record);
  }
  CHECK(file.content().size() > 500'000);
  log.flush();
  const std::string all = file.content();
  CHECK(std::count(all.begin(), all.end(), '\n') == 100);
}

TEST_CASE("AccessLog: nothing is allocated in steady state") {
  const UniqueFd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  AccessLog log(nowhere.get());
  const auto record = usual();
  log.add(kTime - 1, record);
  log.flush();
  const std::size_t before = allocations;
  for (int i = 0; i < 10'000; ++i) {
    log.add(kTime + i / 1000, record);
  }
  log.flush();
  CHECK(allocations == before);
  CHECK(log.dropped() == 0);
}

TEST_CASE("AccessLog: a full disk drops the batch, counts its records and goes on") {
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  AccessLog log(full.get());
  log.add(kTime, usual());
  log.add(kTime, usual());
  log.flush();
  CHECK(log.dropped() == 2);
  log.add(kTime, usual());
  log.flush();
  CHECK(log.dropped() == 3);
}

TEST_CASE("AccessLog: a reader that is gone or slow stops nobody") {
  Pipe gone;
  gone.reader.reset();
  AccessLog log_to_nobody(gone.writer.get());
  log_to_nobody.add(kTime, usual());
  log_to_nobody.flush();
  CHECK(log_to_nobody.dropped() == 1);

  const Pipe slow;
  slow.fill();
  AccessLog log_to_slow(slow.writer.get());
  log_to_slow.add(kTime, usual());
  log_to_slow.flush();
  CHECK(log_to_slow.dropped() == 1);
  CHECK_FALSE(slow.read().empty());
  log_to_slow.add(kTime, usual());
  log_to_slow.flush();
  CHECK(slow.read() == line(usual()));
}
