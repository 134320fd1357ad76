#pragma once

#include <charconv>
#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "ipc/records.h"
#include "supervision/ledger_copy.h"

// Values of the upgrade state as texts of a record, in both directions. A part of the state lists
// its fields once (state_parts.h), and a visitor goes through them: FieldWriter or FieldReader.
// [master] Pure.
namespace appserver::master {

// The last enumerator: numbers above it are refused.
constexpr supervision::WorkerState last_of(supervision::WorkerState) {
  return supervision::WorkerState::Draining;
}
constexpr supervision::Place last_of(supervision::Place) {
  return supervision::Place::None;
}
constexpr supervision::Rung last_of(supervision::Rung) {
  return supervision::Rung::Kill;
}
constexpr supervision::BootFault last_of(supervision::BootFault) {
  return supervision::BootFault::WorkerFailedToBoot;
}
constexpr supervision::GenerationState last_of(supervision::GenerationState) {
  return supervision::GenerationState::Failed;
}
constexpr supervision::ZygoteState last_of(supervision::ZygoteState) {
  return supervision::ZygoteState::Leaving;
}
constexpr supervision::StopMode last_of(supervision::StopMode) {
  return supervision::StopMode::Quick;
}

template <typename T>
concept Enumeration = std::is_enum_v<T>;

inline std::string text_of(const std::string& value) {
  return value;
}
template <std::integral T>
std::string text_of(T value) {
  return std::to_string(value);
}
template <Enumeration T>
std::string text_of(T value) {
  return std::to_string(static_cast<int>(value));
}
inline std::string text_of(TimePoint value) {
  return std::to_string(value.time_since_epoch().count());
}

// Each returns whether the text was such a value.
inline bool take_text(const std::string& text, std::string& value) {
  value = text;
  return true;
}
template <std::integral T>
bool take_text(const std::string& text, T& value) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stop == end;
}
inline bool take_text(const std::string& text, bool& value) {
  value = text == "1";
  return value || text == "0";
}
template <Enumeration T>
bool take_text(const std::string& text, T& value) {
  int number = 0;
  if (!take_text(text, number) || number < 0 || number > static_cast<int>(last_of(T{}))) {
    return false;
  }
  value = static_cast<T>(number);
  return true;
}
inline bool take_text(const std::string& text, TimePoint& value) {
  Duration::rep count = 0;
  const bool good = take_text(text, count);
  value = TimePoint{Duration{count}};
  return good;
}

class FieldWriter {
 public:
  explicit FieldWriter(std::string kind) : record_(std::move(kind)) {}

  template <typename T>
  void operator()(std::string_view name, const T& value) {
    record_.set(name, text_of(value));
  }
  // What is not there is not written.
  template <typename T>
  void operator()(std::string_view name, const std::optional<T>& value) {
    if (value) {
      record_.set(name, text_of(*value));
    }
  }
  [[nodiscard]] std::string line() const { return ipc::write_record(record_); }

 private:
  ipc::Record record_;
};

class FieldReader {
 public:
  // `record` outlives the reader.
  explicit FieldReader(const ipc::Record& record) : record_(record) {}

  // A value that is not there stays as it is.
  template <typename T>
  void operator()(std::string_view name, T& value) {
    if (const std::string* const text = record_.find(name);
        text != nullptr && !take_text(*text, value)) {
      note_problem(name);
    }
  }
  template <typename T>
  void operator()(std::string_view name, std::optional<T>& value) {
    if (const std::string* const text = record_.find(name); text != nullptr) {
      T read{};
      if (take_text(*text, read)) {
        value = std::move(read);
      } else {
        note_problem(name);
      }
    }
  }
  // The first value that could not be read, as "KIND.NAME"; empty if there was none.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

 private:
  void note_problem(std::string_view name) {
    if (problem_.empty()) {
      problem_ = record_.kind() + "." + std::string(name);
    }
  }

  const ipc::Record& record_;
  std::string problem_;
};

}  // namespace appserver::master
