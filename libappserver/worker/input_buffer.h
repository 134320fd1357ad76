#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
namespace appserver::worker {

// The bytes that a connection has read and not yet answered.
//
//   start_           position_          end_            capacity_
//   | head (pinned_) |  consumed  | unconsumed | room  |
//
// While a head is incomplete the bytes may move (to the front, or to a larger block). Once it is
// complete its views point in here, so that it is pinned until next_request(); consumed body bytes
// behind it make room for the next ones.
class InputBuffer {
 public:
  // Heads leave this much of the block free, so that a body can always be read behind a head that
  // must stay: the parser may leave some chunk framing unconsumed. What is never touched takes
  // address space and no memory.
  static constexpr std::size_t kBodyRoom = 20 * 1024;

  // In `block`, which outlives it; heads that do not fit get a larger one for as long as they need
  // it. Requires: more than kBodyRoom.
  explicit InputBuffer(std::span<char> block) noexcept : block_(block) {}
  InputBuffer(const InputBuffer&) = delete;
  InputBuffer& operator=(const InputBuffer&) = delete;
  ~InputBuffer() = default;

  // Where the next bytes of a head may go. Never empty: grows when it must.
  [[nodiscard]] std::span<char> room_for_head();
  // Where the next bytes of a body may go. Never empty: kBodyRoom was kept free behind the head.
  [[nodiscard]] std::span<char> room_for_body() noexcept;
  // `count` bytes were read into the room last given.
  void added(std::size_t count) noexcept { end_ += count; }

  [[nodiscard]] std::string_view unconsumed() const noexcept {
    return {bytes_ + position_, end_ - position_};
  }
  void consumed(std::size_t count) noexcept { position_ += count; }
  // The head is complete and these are its bytes, in here.
  void pin(std::string_view head) noexcept {
    pinned_ = static_cast<std::size_t>(head.data() + head.size() - bytes_);
  }

  // The request before is answered and its views are dead: what is left belongs to the next one.
  void next_request() noexcept;
  [[nodiscard]] bool is_empty() const noexcept { return position_ == end_; }

  // Forgets everything and gives back what exceeds one block.
  void clear() noexcept;

 private:
  void move_to_front() noexcept;
  void grow();

  std::span<char> block_;
  std::unique_ptr<char[]> larger_;  // For a head that does not fit into the block.
  char* bytes_ = block_.data();     // Of whichever of them is used.
  std::size_t capacity_ = block_.size();
  std::size_t start_ = 0;
  std::size_t pinned_ = 0;
  std::size_t position_ = 0;
  std::size_t end_ = 0;
};

}  // namespace appserver::worker
