#pragma once

#include <charconv>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/builders.hpp>
#include <appserver/http_error.hpp>
#include <appserver/middleware.hpp>
#include <appserver/request.hpp>
#include <appserver/response.hpp>
#include <appserver/streaming.hpp>

namespace appserver {

// The middleware that limit_body() makes.
class BodyLimit {
 public:
  explicit BodyLimit(std::uint64_t bytes) noexcept : bytes_(bytes) {}

  // What makes the app ask to see longer requests before their body has come.
  [[nodiscard]] std::uint64_t body_limit() const noexcept { return bytes_; }

  [[nodiscard]] Response operator()(const Request& request, const Next& next) const {
    if (announced(request) > bytes_ || request.body().size() > bytes_) {
      return error_response(413, refusal(bytes_));
    }
    Response response = next(request);
    if (detail::PendingAnswer* const pending = response.pending()) {
      pending->receiver = std::make_shared<Counting>(std::move(pending->receiver), bytes_);
    }
    return response;
  }

 private:
  // Stands between the server and a receiver: a body in chunks announces no length.
  class Counting final : public BodyReceiver {
   public:
    Counting(std::shared_ptr<BodyReceiver> inner, std::uint64_t limit)
        : inner_(std::move(inner)), limit_(limit) {}
    void receive(std::string_view bytes) override {
      received_ += bytes.size();
      if (received_ > limit_) {
        throw HttpError(413, refusal(limit_));
      }
      inner_->receive(bytes);
    }
    Response finish() override { return inner_->finish(); }
    [[nodiscard]] bool finish_blocks() const override { return inner_->finish_blocks(); }

   private:
    std::shared_ptr<BodyReceiver> inner_;
    std::uint64_t limit_;
    std::uint64_t received_ = 0;
  };

  [[nodiscard]] static std::string refusal(std::uint64_t limit) {
    return "the body is longer than " + std::to_string(limit) + " bytes";
  }

  [[nodiscard]] static std::uint64_t announced(const Request& request) noexcept {
    const std::string_view text = request.header("Content-Length").value_or("");
    std::uint64_t length = 0;
    std::from_chars(text.data(), text.data() + text.size(), length);
    return length;
  }

  std::uint64_t bytes_;
};

// Middleware that answers 413 to requests whose body is longer than that:
//   app.group("").use(appserver::limit_body(64 * 1024)).post("/comments", add_comment);
// A request that announces its length is refused before its body is read. One in chunks is refused
// when it is at its end; until then it is bounded by --limit-request-body, or, on routes that
// receive their body, what comes above the limit is dropped.
// The limit can only be lower than --limit-request-body, except on routes that receive their body,
// for which the server's does not hold.
[[nodiscard]] inline BodyLimit limit_body(std::uint64_t bytes) noexcept {
  return BodyLimit(bytes);
}

}  // namespace appserver
