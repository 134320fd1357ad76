#include "worker/input_buffer.h"

#include <cstring>

#include "http/request_parser.h"

namespace appserver::worker {

static_assert(InputBuffer::kBodyRoom >= http::RequestParser::kFramingRoom,
              "chunk framing that the parser leaves unconsumed must fit behind a pinned head");

std::span<char> InputBuffer::room_for_head() {
  if (end_ >= capacity_ - kBodyRoom) {
    move_to_front();
    if (end_ >= capacity_ - kBodyRoom) {
      grow();
    }
  }
  return {bytes_ + end_, capacity_ - kBodyRoom - end_};
}

std::span<char> InputBuffer::room_for_body() noexcept {
  // What is unconsumed here is at most a part of the chunk framing: nearly always a few bytes to
  // move.
  std::memmove(bytes_ + pinned_, bytes_ + position_, end_ - position_);
  end_ -= position_ - pinned_;
  position_ = pinned_;
  return {bytes_ + end_, capacity_ - end_};
}

void InputBuffer::next_request() noexcept {
  start_ = position_;
  pinned_ = position_;
  if (start_ == end_) {
    start_ = pinned_ = position_ = end_ = 0;
  }
}

void InputBuffer::clear() noexcept {
  start_ = pinned_ = position_ = end_ = 0;
  larger_.reset();
  bytes_ = block_.data();
  capacity_ = block_.size();
}

void InputBuffer::move_to_front() noexcept {
  std::memmove(bytes_, bytes_ + start_, end_ - start_);
  end_ -= start_;
  position_ -= start_;
  pinned_ = start_ = 0;
}

// The parser refuses a head above its limit, which bounds this.
void InputBuffer::grow() {
  std::unique_ptr<char[]> larger(new char[2 * capacity_]);
  std::memcpy(larger.get(), bytes_, end_);
  larger_ = std::move(larger);
  bytes_ = larger_.get();
  capacity_ *= 2;
}

}  // namespace appserver::worker
