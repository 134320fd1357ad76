#include "observe/log.h"

#include <chrono>
#include <fcntl.h>
#include <stdlib.h>
#include <string>
#include <time.h>
#include <utility>
#include <vector>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "pipe.h"

using appserver::UniqueFd;
using appserver::config::LogFormat;
using appserver::config::LogLevel;
using appserver::observe::Identity;
using appserver::observe::Log;
using appserver::observe::MemoryFile;
using appserver::observe::Pipe;

namespace {

// 2026-11-25 10:00:00.123 UTC.
std::chrono::system_clock::time_point fixed_time() noexcept {
  return std::chrono::system_clock::time_point(std::chrono::milliseconds(1'795'600'800'123));
}

void set_time_zone(const char* zone) {
  ::setenv("TZ", zone, 1);
  ::tzset();
}

std::string own_pid() {
  return std::to_string(::getpid());
}

struct WrittenLog {
  explicit WrittenLog(LogFormat format, LogLevel level = LogLevel::Info, Identity who = {"master"})
      : log(file.fd.get(), level, format, std::move(who), &fixed_time) {}

  MemoryFile file;
  Log log;
};

}  // namespace

TEST_CASE("Log: a text record has time, pid, level, role, message and fields") {
  set_time_zone("UTC");
  WrittenLog written(LogFormat::Text);
  written.log.info("listening", {{"address", "127.0.0.1:8000"}, {"note", "two words"}});
  CHECK(written.file.content() == "2026-11-25 10:00:00.123 +0000 [" + own_pid() +
                                      "] info  master: listening address=127.0.0.1:8000 "
                                      "note=\"two words\"\n");
}

TEST_CASE("Log: text shows local time and its offset") {
  set_time_zone("XXX-05:30");
  WrittenLog written(LogFormat::Text);
  written.log.info("m");
  CHECK(written.file.content().starts_with("2026-11-25 15:30:00.123 +0530 ["));
  set_time_zone("UTC");
}

TEST_CASE("Log: the levels of text records stand in one column") {
  WrittenLog written(LogFormat::Text, LogLevel::Debug);
  written.log.debug("m");
  written.log.info("m");
  written.log.warning("m");
  written.log.error("m");
  const std::string all = written.file.content();
  for (const char* column : {"] debug master: m\n", "] info  master: m\n", "] warn  master: m\n",
                             "] error master: m\n"}) {
    CHECK(all.find(column) != std::string::npos);
  }
}

TEST_CASE("Log: a JSON record is one line in the Elastic Common Schema, in UTC") {
  set_time_zone("XXX-05:30");
  WrittenLog written(LogFormat::Json, LogLevel::Info, {"worker", 3, 2});
  written.log.warning("slow \"disk\"\n", {{"ms", 12}});
  CHECK(written.file.content() ==
        R"({"@timestamp":"2026-11-25T10:00:00.123Z","log.level":"warn","process.pid":)" +
            own_pid() +
            R"(,"service.name":"appserverd","ecs.version":"8.11.0","message":"slow \"disk\"\n",)"
            R"("appserver.role":"worker","appserver.slot":3,"appserver.generation":2,)"
            R"("appserver.ms":12})"
            "\n");
  set_time_zone("UTC");
}

TEST_CASE("Log: JSON can be parsed back whatever was logged") {
  WrittenLog written(LogFormat::Json);
  written.log.error("%v {} \x01\xff\"", {{"k\"", std::string_view("\0%", 2)}});
  const auto record = boost::json::parse(written.file.content()).as_object();
  CHECK(record.at("log.level").as_string() == "error");
  CHECK(record.at("message").as_string() == "%v {} \x01\\xFF\"");
  CHECK(record.at("appserver.k\"").as_string() == std::string_view("\0%", 2));
}

TEST_CASE("Log: records below the level are not written, and the level can be changed") {
  WrittenLog written(LogFormat::Text, LogLevel::Warning);
  CHECK_FALSE(written.log.enabled(LogLevel::Info));
  CHECK(written.log.enabled(LogLevel::Warning));
  written.log.info("hidden");
  written.log.set_level(LogLevel::Debug);
  CHECK(written.log.enabled(LogLevel::Debug));
  written.log.debug("shown");
  const std::string all = written.file.content();
  CHECK(all.find("hidden") == std::string::npos);
  CHECK(all.find("shown") != std::string::npos);
}

TEST_CASE("Log: a new identity appears in the records that follow") {
  WrittenLog written(LogFormat::Text);
  written.log.set_identity({"worker", 0, 1});
  written.log.info("ready");
  CHECK(written.file.content().find("] info  worker 0 gen 1: ready\n") != std::string::npos);
}

TEST_CASE("Log: each record is in the file when the call returns") {
  WrittenLog written(LogFormat::Text);
  written.log.info("first");
  CHECK(written.file.content().find("first") != std::string::npos);
}

TEST_CASE("Log: a full disk drops records, counts them and logs on") {
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  Log log(full.get(), LogLevel::Info, LogFormat::Text, {"master"});
  log.error("lost");
  log.debug("not even tried");
  log.info("lost too");
  CHECK(log.dropped() == 2);
}

TEST_CASE("Log: a reader that is gone or slow drops records and stops nobody") {
  Pipe gone;
  gone.reader.reset();
  Log log_to_nobody(gone.writer.get(), LogLevel::Info, LogFormat::Text, {"master"});
  log_to_nobody.info("lost");
  CHECK(log_to_nobody.dropped() == 1);

  const Pipe slow;
  slow.fill();
  Log log_to_slow(slow.writer.get(), LogLevel::Info, LogFormat::Json, {"master"});
  log_to_slow.info("lost");
  CHECK(log_to_slow.dropped() == 1);
}

TEST_CASE("Log: whoever takes the records gets their level and text, and no time") {
  std::vector<std::pair<LogLevel, std::string>> taken;
  Log log([&taken](LogLevel level, std::string_view record) { taken.emplace_back(level, record); },
          LogLevel::Info, {"worker", 3});
  log.debug("not enabled");
  log.warning("a\nb", {{"key", "two words"}});
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].first == LogLevel::Warning);
  CHECK(taken[0].second == "worker 3: a\\nb key=\"two words\"");
  CHECK(log.dropped() == 0);
}

TEST_CASE("Log: a record that its taker does not want is dropped, whatever that throws") {
  Log log([](LogLevel, std::string_view) { throw 7; }, LogLevel::Info, {"worker"});
  log.info("lost");
  CHECK(log.dropped() == 1);
}
