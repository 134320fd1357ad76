#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/abi_async.h>
#include <appserver/abi_stream.h>
#include <appserver/detail/later_call.hpp>
#include <appserver/response.hpp>

// Not part of the user's interface: a body on its way from whoever makes it to the server.
namespace appserver::detail {

// What was pushed and not yet taken. Shared by the pushing side, on any thread, and by the server,
// which takes on the worker's thread.
class Flow : public std::enable_shared_from_this<Flow> {
 public:
  explicit Flow(std::shared_ptr<LaterCall> call) noexcept : call_(std::move(call)) {}
  Flow(const Flow&) = delete;
  Flow& operator=(const Flow&) = delete;
  ~Flow() = default;

  [[nodiscard]] LaterCall& call() const noexcept { return *call_; }

  // Sends `head`; the body follows. Once. Returns: as LaterCall::answer().
  bool begin(Response head) {
    auto self = std::make_unique<std::shared_ptr<Flow>>(shared_from_this());
    const appserver_body_source source{sizeof(appserver_body_source), 0, self.release(),
                                       &Flow::produce, &Flow::release};
    return call_->answer_in_pieces(std::move(head), source);
  }

  // Returns: whether the body is still wanted.
  bool push(std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    if (is_over_) {
      return false;
    }
    buffer_.append(bytes);
    wake();
    return true;
  }

  // The body is complete, or cannot be completed.
  void end(bool is_complete) noexcept {
    const std::lock_guard lock(mutex_);
    if (!is_ended_ && !is_over_) {
      is_ended_ = true;
      is_complete_ = is_complete;
      wake();
    }
  }

  [[nodiscard]] std::size_t buffered() const noexcept {
    const std::lock_guard lock(mutex_);
    return buffer_.size();
  }
  [[nodiscard]] bool is_over() const noexcept {
    const std::lock_guard lock(mutex_);
    return is_over_;
  }

  // Calls `callback` once on the worker's thread when all that was pushed is taken or the body is
  // not wanted any more. Returns: false when that is so already; nothing is called then.
  [[nodiscard]] bool when_taken(appserver_callback callback, void* state) noexcept {
    const std::lock_guard lock(mutex_);
    if (buffer_.empty() || is_over_) {
      return false;
    }
    when_taken_ = callback;
    when_taken_state_ = state;
    return true;
  }
  // Returns: false when it is being called already.
  [[nodiscard]] bool forget_when_taken() noexcept {
    const std::lock_guard lock(mutex_);
    return std::exchange(when_taken_, nullptr) != nullptr;
  }

 private:
  // Under the mutex, as what follows.
  void wake() noexcept {
    if (is_waiting_) {
      is_waiting_ = false;
      call_->async().resume(call_->kept());
    }
  }
  void tell_taken() noexcept {
    if (const appserver_callback callback = std::exchange(when_taken_, nullptr)) {
      call_->async().post(call_->host().table(), call_->kept(), callback, when_taken_state_);
    }
  }

  static std::int32_t produce(void* state, appserver_body_writer* writer) noexcept {
    Flow& self = **static_cast<std::shared_ptr<Flow>*>(state);
    const std::lock_guard lock(self.mutex_);
    if (!self.buffer_.empty()) {
      const std::int32_t taken = self.call_->host().stream()->write(writer, to_abi(self.buffer_));
      self.buffer_.clear();
      self.tell_taken();
      if (taken != APPSERVER_OK) {
        return APPSERVER_STREAM_FAILED;
      }
    }
    if (self.is_ended_) {
      return self.is_complete_ ? APPSERVER_STREAM_END : APPSERVER_STREAM_FAILED;
    }
    self.is_waiting_ = true;
    return APPSERVER_STREAM_WAIT;
  }

  static void release(void* state) noexcept {
    const std::unique_ptr<std::shared_ptr<Flow>> self(static_cast<std::shared_ptr<Flow>*>(state));
    const std::lock_guard lock((*self)->mutex_);
    (*self)->is_over_ = true;
    (*self)->tell_taken();
  }

  const std::shared_ptr<LaterCall> call_;
  mutable std::mutex mutex_;
  std::string buffer_;
  bool is_waiting_ = false;  // The server has taken all, and waits to be told of more.
  bool is_ended_ = false;
  bool is_complete_ = false;
  bool is_over_ = false;  // Nobody takes anything any more.
  appserver_callback when_taken_ = nullptr;
  void* when_taken_state_ = nullptr;
};

}  // namespace appserver::detail
