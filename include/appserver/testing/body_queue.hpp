#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/abi_body.h>
#include <appserver/detail/host.hpp>
#include <appserver/testing/listener.hpp>
#include <appserver/testing/loop.hpp>

namespace appserver::testing {

// Not part of the user's interface: a body that has arrived, until the app reads it. All of it on
// the client's thread, which is the worker's.
class BodyQueue : public std::enable_shared_from_this<BodyQueue> {
 public:
  // The loop outlives it.
  explicit BodyQueue(Loop& loop) : loop_(loop) {}

  void bring(std::string_view bytes) {
    pieces_.emplace_back(bytes);
    call_reader();
  }
  void end() {
    is_over_ = true;
    call_reader();
  }

  // The functions of appserver_body.
  std::int32_t read(appserver_callback callback, void* state) {
    const bool is_reading = reader_.callback != nullptr;
    if (callback != nullptr && is_reading) {
      return APPSERVER_FAILED;
    }
    reader_ = {callback, state};
    call_reader();
    return callback != nullptr || is_reading ? APPSERVER_OK : APPSERVER_FAILED;
  }
  [[nodiscard]] appserver_str piece() const noexcept { return {piece_.data(), piece_.size()}; }

 private:
  void call_reader() {
    if (reader_.callback == nullptr || (pieces_.empty() && !is_over_)) {
      return;
    }
    auto own = std::make_unique<std::shared_ptr<BodyQueue>>(shared_from_this());
    if (loop_.post(&BodyQueue::tell, own.get())) {
      static_cast<void>(own.release());
    }
  }
  static void tell(void* state, std::int32_t) noexcept {
    const std::unique_ptr<std::shared_ptr<BodyQueue>> own(
        static_cast<std::shared_ptr<BodyQueue>*>(state));
    BodyQueue& self = **own;
    if (self.reader_.callback == nullptr) {
      return;  // It was withdrawn, or told by an earlier call.
    }
    const bool is_piece = !self.pieces_.empty();
    if (is_piece) {
      self.piece_ = std::move(self.pieces_.front());
      self.pieces_.pop_front();
    }
    std::exchange(self.reader_, {}).tell(is_piece ? APPSERVER_BODY_PIECE : APPSERVER_BODY_END);
  }

  Loop& loop_;
  std::deque<std::string> pieces_;
  std::string piece_;
  bool is_over_ = false;
  Listener reader_;
};

}  // namespace appserver::testing
