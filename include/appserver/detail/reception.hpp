#pragma once

#include <cstddef>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/detail/scope.hpp>
#include <appserver/response.hpp>
#include <appserver/streaming.hpp>

// Not part of the user's interface: a body, its receiver, and what becomes of their errors.
namespace appserver::detail {

// Sets on `answer` the header fields that were set on `pending` while there was no answer yet.
inline void amend(Response& answer, const Response& pending) {
  for (const std::string& name : pending.pending()->replaced) {
    answer.remove_header(name);
  }
  for (const ResponseHeader& field : pending.headers()) {
    answer.add_header(field.name, field.value);
  }
}

// A body that is being received, up to its answer.
class Reception {
 public:
  // `scope` is that of the route, whose error handlers hold; it lives as long as the app.
  Reception(Response pending, const Scope* scope) : pending_(std::move(pending)), scope_(scope) {}

  // Errors: throws what the receiver throws and no error handler wants.
  void take(std::string_view bytes) {
    if (early_answer_) {
      drop(bytes.size());
      return;
    }
    try {
      receiver().receive(bytes);
    } catch (...) {
      early_answer_ = recover(scope_, nullptr, std::current_exception());
    }
  }

  // Whether finish() is better called on another thread.
  [[nodiscard]] bool finish_blocks() const { return !early_answer_ && receiver().finish_blocks(); }

  // The answer. Errors: as take().
  [[nodiscard]] Response finish() {
    Response answer = early_answer_ ? std::move(*early_answer_) : finish_receiver();
    amend(answer, pending_);
    return answer;
  }

 private:
  // How much of a body is read for nothing after its receiver refused it. The refusal can be told
  // only when the body is at its end, and most clients listen no earlier.
  static constexpr std::size_t kDroppedBytes = std::size_t{64} << 20;

  [[nodiscard]] BodyReceiver& receiver() const { return *pending_.pending()->receiver; }

  [[nodiscard]] Response finish_receiver() {
    try {
      return receiver().finish();
    } catch (...) {
      return recover(scope_, nullptr, std::current_exception());
    }
  }

  void drop(std::size_t size) {
    dropped_ += size;
    if (dropped_ > kDroppedBytes) {
      throw std::length_error("the client goes on sending a body that was refused");
    }
  }

  Response pending_;
  const Scope* scope_;
  std::optional<Response> early_answer_;
  std::size_t dropped_ = 0;
};

}  // namespace appserver::detail
