#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <appserver/testing/body_source.hpp>
#include <appserver/testing/messages.hpp>

namespace appserver::testing {

// A response that is read piece by piece. Destroying it earlier is what a client does that leaves:
// the app's producer is destroyed.
class ReplyStream {
 public:
  ReplyStream(Reply head, std::optional<BodySource> source)
      : head_(std::move(head)), is_whole_(!source) {
    if (source) {
      source_ = std::make_unique<BodySource>(std::move(*source));
    }
  }

  // Status and fields; its body is empty unless the response is no stream.
  [[nodiscard]] const Reply& head() const noexcept { return head_; }

  // The next piece, as the app writes it; nullopt at the end. Never waits: the app is asked now.
  [[nodiscard]] std::optional<std::string> next() {
    if (source_ != nullptr) {
      return source_->next();
    }
    return std::exchange(is_whole_, false) && !head_.body.empty() ? std::optional(head_.body)
                                                                  : std::nullopt;
  }

  // The client leaves.
  void close() noexcept { source_.reset(); }

  // Reads to the end.
  // Errors: throws std::length_error when there is none within `most` bytes.
  [[nodiscard]] Reply collect(std::size_t most = std::size_t{64} << 20) {
    Reply reply = head_;
    while (source_ != nullptr) {
      const std::optional<std::string> piece = source_->next();
      if (!piece) {
        reply.is_complete = source_->is_complete();
        reply.trailers = source_->trailers();
        source_.reset();
      } else if (reply.body.append(*piece).size() > most) {
        throw std::length_error("the response has no end in sight: read it with Client::open()");
      }
    }
    return reply;
  }

 private:
  Reply head_;
  bool is_whole_;
  std::unique_ptr<BodySource> source_;
};

}  // namespace appserver::testing
