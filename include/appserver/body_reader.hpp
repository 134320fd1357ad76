#pragma once

#include <coroutine>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <appserver/abi_body.h>
#include <appserver/detail/coroutine.hpp>
#include <appserver/detail/host.hpp>
#include <appserver/detail/receive.hpp>
#include <appserver/http_error.hpp>
#include <appserver/request.hpp>

namespace appserver {

class BodyReader;

namespace detail {

// Waits for the next piece of a request's body.
class PieceAwaiter final : public Awaiter {
 public:
  explicit PieceAwaiter(BodyReader& reader) noexcept : reader_(reader) {}

  [[nodiscard]] bool await_ready() const noexcept;
  bool await_suspend(std::coroutine_handle<> waiting) noexcept;
  [[nodiscard]] std::optional<std::string_view> await_resume();
  bool cancel() noexcept override {
    return body_->read(call().kept(), nullptr, nullptr) == APPSERVER_OK;
  }

 private:
  static void told(void* state, std::int32_t result) noexcept {
    auto& self = *static_cast<PieceAwaiter*>(state);
    self.result_ = result;
    self.coroutines().resume();
  }

  BodyReader& reader_;
  const appserver_body* body_ = nullptr;
  bool was_refused_ = false;
  std::int32_t result_ = APPSERVER_BODY_END;
};

}  // namespace detail

// A request's body, as it arrives, for a coroutine that takes it piece by piece:
//
//   app.put("/logs/{name}",
//           [](const appserver::Request& request, appserver::BodyReader& body)
//               -> appserver::Task<appserver::Response> {
//             Archive archive(request.param("name"));
//             while (const auto piece = co_await body.read()) {
//               co_await archive.append(*piece);
//             }
//             co_return appserver::no_content();
//           });
//
// The client is read no faster than the coroutine reads; a coroutine that answers before the end
// ends the connection with its answer. --timeout is the time between two pieces: waiting for the
// client does not count. --limit-request-body does not hold. Lives as long as its coroutine.
// [worker]
class BodyReader {
 public:
  // Not for users: they are given one.
  explicit BodyReader(const Request& request) noexcept
      : is_whole_(!detail::awaits_body(request)), whole_(request.body()) {}
  BodyReader(const BodyReader&) = delete;
  BodyReader& operator=(const BodyReader&) = delete;

  // Waits for the next piece, which is valid until the next read(). Returns: nothing at the end of
  // the body. One read at a time.
  // Errors: throws Cancelled when the client is gone; HttpError 413 when the body is longer than
  // the limit_body() of the route's groups.
  [[nodiscard]] detail::PieceAwaiter read() noexcept { return detail::PieceAwaiter(*this); }

 private:
  friend class detail::PieceAwaiter;

  // It was short, and there already.
  [[nodiscard]] std::optional<std::string_view> take_whole() noexcept {
    const std::string_view piece = whole_;
    whole_ = {};
    return piece.empty() ? std::nullopt : std::optional(piece);
  }

  // A body in chunks announces no length.
  [[nodiscard]] std::string_view counted(std::string_view piece, std::uint64_t limit) {
    received_ += piece.size();
    if (received_ > limit) {
      throw HttpError(413, "the body is longer than " + std::to_string(limit) + " bytes");
    }
    return piece;
  }

  const bool is_whole_;
  std::string_view whole_;
  std::uint64_t received_ = 0;
};

namespace detail {

inline bool PieceAwaiter::await_ready() const noexcept {
  return Awaiter::await_ready() || reader_.is_whole_;
}

inline bool PieceAwaiter::await_suspend(std::coroutine_handle<> waiting) noexcept {
  body_ = call().host().extension<appserver_body>(APPSERVER_BODY_EXTENSION);
  was_refused_ =
      body_ == nullptr || body_->read(call().kept(), &PieceAwaiter::told, this) != APPSERVER_OK;
  if (was_refused_) {
    return false;
  }
  coroutines().suspend(waiting, *this);
  return true;
}

inline std::optional<std::string_view> PieceAwaiter::await_resume() {
  throw_if_cancelled();
  if (reader_.is_whole_) {
    return reader_.take_whole();
  }
  if (was_refused_) {
    throw std::logic_error(body_ == nullptr ? "BodyReader needs a server with ABI 1.2"
                                            : "BodyReader: another read is under way");
  }
  if (result_ == APPSERVER_BODY_END) {
    return std::nullopt;
  }
  return reader_.counted(to_view(body_->piece(call().kept())), call().body_limit());
}

}  // namespace detail
}  // namespace appserver
