#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <appserver/testing/attendance.hpp>
#include <appserver/testing/body_source.hpp>
#include <appserver/testing/messages.hpp>

namespace appserver::testing {

// A response that is read piece by piece. Destroying it earlier is what a client does that leaves:
// the app's producer is destroyed.
class ReplyStream {
 public:
  // `attendance`: of an answer that the app has kept; else null.
  ReplyStream(Reply head, std::optional<BodySource> source,
              std::unique_ptr<Attendance> attendance = nullptr)
      : head_(std::move(head)), is_whole_(!source), attendance_(std::move(attendance)) {
    if (source) {
      source_ = std::make_unique<BodySource>(std::move(*source));
    }
  }
  ReplyStream(ReplyStream&&) noexcept = default;
  ReplyStream& operator=(ReplyStream&&) = delete;
  ReplyStream(const ReplyStream&) = delete;
  ReplyStream& operator=(const ReplyStream&) = delete;
  ~ReplyStream() { close(); }

  // Status and fields; its body is empty unless the response is no stream.
  [[nodiscard]] const Reply& head() const noexcept { return head_; }

  // The next piece, as the app writes it; nullopt at the end. A body that is pushed is waited for
  // as Client::get() waits for an answer, and with its errors; any other one is asked for now.
  [[nodiscard]] std::optional<std::string> next() {
    if (source_ != nullptr) {
      return next_of_source();
    }
    return std::exchange(is_whole_, false) && !head_.body.empty() ? std::optional(head_.body)
                                                                  : std::nullopt;
  }

  // The client leaves.
  void close() noexcept {
    source_.reset();
    attendance_.reset();
  }

  // Reads to the end.
  // Errors: throws std::length_error when there is none within `most` bytes.
  [[nodiscard]] Reply collect(std::size_t most = std::size_t{64} << 20) {
    Reply reply = head_;
    while (source_ != nullptr) {
      const std::optional<std::string> piece = next_of_source();
      if (!piece) {
        reply.is_complete = source_->is_complete();
        reply.trailers = source_->trailers();
        close();
      } else if (reply.body.append(*piece).size() > most) {
        throw std::length_error("the response has no end in sight: read it with Client::open()");
      }
    }
    return reply;
  }

 private:
  [[nodiscard]] std::optional<std::string> next_of_source() {
    std::optional<std::string> piece;
    do {
      if (source_->is_waiting() && !attendance_->await_more()) {
        return std::nullopt;  // the client has left
      }
      piece = source_->next();
    } while (!piece && source_->is_waiting());
    if (!piece && attendance_ != nullptr) {
      attendance_->finish();
    }
    return piece;
  }

  Reply head_;
  bool is_whole_;
  std::unique_ptr<Attendance> attendance_;
  std::unique_ptr<BodySource> source_;
};

}  // namespace appserver::testing
