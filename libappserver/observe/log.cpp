#include "observe/log.h"

#include <array>
#include <ctime>
#include <exception>
#include <mutex>
#include <string>
#include <utility>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include "observe/record_writer.h"

namespace appserver::observe {
namespace {

using config::LogFormat;
using config::LogLevel;

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return spdlog::level::debug;
    case LogLevel::Info:
      return spdlog::level::info;
    case LogLevel::Warning:
      return spdlog::level::warn;
    case LogLevel::Error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

void append(spdlog::memory_buf_t& out, std::string_view text) {
  out.append(text.data(), text.data() + text.size());
}

// Hands each finished record to the writer, one at a time: a worker's standby and the threads of an
// app log as well.
class WriterSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit WriterSink(int fd) : writer_(fd) {}
  RecordWriter& writer() { return writer_; }

 private:
  void sink_it_(const spdlog::details::log_msg& msg) override {
    spdlog::memory_buf_t record;
    formatter_->format(msg, record);
    writer_.write({record.data(), record.size()}, 1);
  }
  void flush_() override {}

  RecordWriter writer_;
};

// spdlog's own %l says "warning", which would not fit the column.
class LevelFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& msg, const std::tm&,
              spdlog::memory_buf_t& out) override {
    append(out, name(msg.level));
    if (padinfo_.enabled()) {
      append(out, std::string_view("     ").substr(name(msg.level).size()));
    }
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<LevelFlag>();
  }

 private:
  static std::string_view name(spdlog::level::level_enum level) {
    switch (level) {
      case spdlog::level::debug:
        return "debug";
      case spdlog::level::info:
        return "info";
      case spdlog::level::warn:
        return "warn";
      default:
        return "error";
    }
  }
};

// spdlog's own %z writes "+00:00"; logs of other servers, and the access log, say "+0000".
class ZoneFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg&, const std::tm& time,
              spdlog::memory_buf_t& out) override {
    std::array<char, 8> zone;
    append(out, {zone.data(), std::strftime(zone.data(), zone.size(), "%z", &time)});
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<ZoneFlag>();
  }
};

constexpr char kLevel = 'L';
constexpr char kZone = 'z';
constexpr const char* kTextPattern = "%Y-%m-%d %H:%M:%S.%e %z [%P] %-5L %v";
// https://www.elastic.co/docs/reference/ecs: dotted names may stay flat.
constexpr const char* kJsonPattern =
    R"({"@timestamp":"%Y-%m-%dT%H:%M:%S.%eZ","log.level":"%L","process.pid":%P,)"
    R"("service.name":"appserverd","ecs.version":"8.11.0",%v})";

std::unique_ptr<spdlog::formatter> formatter_for(LogFormat format) {
  const bool json = format == LogFormat::Json;
  auto formatter = std::make_unique<spdlog::pattern_formatter>(
      json ? spdlog::pattern_time_type::utc : spdlog::pattern_time_type::local, "\n");
  formatter->add_flag<LevelFlag>(kLevel).add_flag<ZoneFlag>(kZone);
  formatter->set_pattern(json ? kJsonPattern : kTextPattern);
  return formatter;
}

}  // namespace

struct Log::Backend {
  Backend(int fd, LogLevel level, LogFormat log_format, Identity who, WallClock clock)
      : format(log_format),
        identity(std::move(who)),
        now(clock),
        sink(std::make_shared<WriterSink>(fd)),
        logger("", sink) {
    sink->set_formatter(formatter_for(format));
    logger.set_level(to_spdlog(level));
    // spdlog would print its own complaint to standard error.
    logger.set_error_handler([lost = sink.get()](const std::string&) { lost->writer().drop(); });
  }

  const LogFormat format;
  Identity identity;
  const WallClock now;
  const std::shared_ptr<WriterSink> sink;  // Shared because spdlog::logger wants it so.
  spdlog::logger logger;
  Taker taker = {};  // If there is one, it gets the records instead.
  Witness witness = {};
};

Log::Log(int fd, LogLevel level, LogFormat format, Identity identity, WallClock now)
    : backend_(std::make_unique<Backend>(fd, level, format, std::move(identity), now)) {}
Log::Log(Taker taker, LogLevel level, Identity identity)
    : Log(-1, level, LogFormat::Text, std::move(identity)) {
  backend_->taker = std::move(taker);
}
Log::~Log() = default;

void Log::write(LogLevel level, std::string_view message,
                std::initializer_list<Field> fields) noexcept {
  write(level, message, std::span(fields.begin(), fields.size()));
}

void Log::write(LogLevel level, std::string_view message, std::span<const Field> fields) noexcept {
  if (backend_->witness && level >= LogLevel::Info) {
    backend_->witness(level, message, fields);
  }
  if (!enabled(level)) {
    return;
  }
  try {
    const auto payload = backend_->format == LogFormat::Json ? &json_payload : &text_payload;
    const std::string record = payload(backend_->identity, message, fields);
    if (backend_->taker) {
      backend_->taker(level, record);
      return;
    }
    backend_->logger.log(backend_->now(), spdlog::source_loc{}, to_spdlog(level), record);
  } catch (...) {
    backend_->sink->writer().drop();
  }
}

void Log::debug(std::string_view message, std::initializer_list<Field> fields) noexcept {
  write(LogLevel::Debug, message, fields);
}
void Log::info(std::string_view message, std::initializer_list<Field> fields) noexcept {
  write(LogLevel::Info, message, fields);
}
void Log::warning(std::string_view message, std::initializer_list<Field> fields) noexcept {
  write(LogLevel::Warning, message, fields);
}
void Log::error(std::string_view message, std::initializer_list<Field> fields) noexcept {
  write(LogLevel::Error, message, fields);
}

bool Log::enabled(LogLevel level) const noexcept {
  return backend_->logger.should_log(to_spdlog(level));
}
void Log::set_level(LogLevel level) noexcept {
  backend_->logger.set_level(to_spdlog(level));
}

void Log::set_witness(Witness witness) noexcept {
  backend_->witness = std::move(witness);
}

void Log::set_identity(Identity identity) noexcept {
  backend_->identity = std::move(identity);
}

std::uint64_t Log::dropped() const noexcept {
  return backend_->sink->writer().dropped();
}

}  // namespace appserver::observe
