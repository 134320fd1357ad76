#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/abi_async.h>
#include <appserver/abi_stream.h>
#include <appserver/detail/host.hpp>
#include <appserver/testing/messages.hpp>
#include <appserver/testing/rules.hpp>

// Not part of the user's interface: a response's body that the app produces, and a request's body
// that it takes in. Each is released exactly once.
namespace appserver::testing {

// What the app sends as the body of a response.
class BodySource {
 public:
  explicit BodySource(const appserver_body_source& source) noexcept : source_(source) {}
  BodySource(BodySource&& other) noexcept
      : source_(std::exchange(other.source_, appserver_body_source{})),
        owed_(other.owed_),
        trailers_(std::move(other.trailers_)),
        state_(other.state_),
        may_wait_(other.may_wait_),
        is_waiting_(other.is_waiting_) {}
  BodySource& operator=(BodySource&&) = delete;
  BodySource(const BodySource&) = delete;
  BodySource& operator=(const BodySource&) = delete;
  ~BodySource() {
    if (source_.release != nullptr) {
      source_.release(source_.state);
    }
  }

  // It answers a kept exchange, through which it can be told to go on. Before the first next().
  void let_wait() noexcept { may_wait_ = true; }
  // The body will be exactly that long. Before the first next().
  void promise(std::optional<std::uint64_t> length) noexcept { owed_ = length; }

  // The next piece, or nullopt when there is none: is_waiting() and is_complete() say why.
  [[nodiscard]] std::optional<std::string> next() {
    if (state_ != State::More) {
      return std::nullopt;
    }
    piece_.clear();
    is_waiting_ = false;
    const std::int32_t result =
        source_.produce(source_.state, reinterpret_cast<appserver_body_writer*>(this));
    if (result == APPSERVER_STREAM_WAIT && may_wait_) {
      is_waiting_ = true;
    } else if (result == APPSERVER_STREAM_MORE) {
      state_ = piece_.empty() ? State::Failed : State::More;
    } else {
      const bool is_right = result == APPSERVER_STREAM_END && owed_.value_or(0) == 0;
      state_ = is_right ? State::Complete : State::Failed;
    }
    return piece_.empty() ? std::nullopt : std::optional(piece_);
  }

  // Whether it has nothing to say now, but will say when it has: next() is to be called again then.
  [[nodiscard]] bool is_waiting() const noexcept { return is_waiting_; }
  [[nodiscard]] bool is_complete() const noexcept { return state_ == State::Complete; }
  [[nodiscard]] const Headers& trailers() const noexcept { return trailers_; }

  // The functions of the ABI; `writer` is a BodySource.
  static std::int32_t write(appserver_body_writer* writer, appserver_str bytes) noexcept {
    auto& self = *reinterpret_cast<BodySource*>(writer);
    if (self.owed_) {
      if (bytes.size > *self.owed_) {
        return APPSERVER_FAILED;  // more than was announced
      }
      *self.owed_ -= bytes.size;
    }
    self.piece_.append(detail::to_view(bytes));
    return APPSERVER_OK;
  }
  static std::int32_t trailer(appserver_body_writer* writer,
                              const appserver_header* field) noexcept {
    auto& self = *reinterpret_cast<BodySource*>(writer);
    const Headers given = to_headers(field, 1);
    if (!rules::refusal_of(given).empty()) {
      return APPSERVER_FAILED;
    }
    if (!self.owed_) {  // only chunks can be followed by a trailer
      self.trailers_.push_back(given.front());
    }
    return APPSERVER_OK;
  }

 private:
  enum class State { More, Complete, Failed };

  appserver_body_source source_;
  std::optional<std::uint64_t> owed_;
  std::string piece_;
  Headers trailers_;
  State state_ = State::More;
  bool may_wait_ = false;
  bool is_waiting_ = false;
};

// What takes the body of a request in.
class BodySink {
 public:
  explicit BodySink(const appserver_body_sink& sink) noexcept : sink_(sink) {}
  BodySink(BodySink&& other) noexcept : sink_(std::exchange(other.sink_, appserver_body_sink{})) {}
  BodySink& operator=(BodySink&&) = delete;
  BodySink(const BodySink&) = delete;
  BodySink& operator=(const BodySink&) = delete;
  ~BodySink() {
    if (sink_.release != nullptr) {
      sink_.release(sink_.state);
    }
  }

  [[nodiscard]] std::int32_t chunk(std::string_view bytes) {
    return sink_.chunk(sink_.state, detail::to_abi(bytes));
  }
  [[nodiscard]] std::int32_t end(appserver_exchange* exchange) {
    return sink_.end(sink_.state, exchange);
  }

 private:
  appserver_body_sink sink_;
};

}  // namespace appserver::testing
