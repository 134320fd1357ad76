#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/detail/coroutine.hpp>
#include <appserver/detail/flow.hpp>
#include <appserver/detail/later_call.hpp>
#include <appserver/response.hpp>

namespace appserver {

// A response whose body is pushed when there is something to say: by a coroutine, or, from
// Responder::start(), by any thread.
//
//   app.get("/news", [](const appserver::Request&, appserver::ResponseStream& out) -> Task<> {
//     out.head(appserver::Response().header("Content-Type", "text/event-stream"));
//     for (int i = 0; i < 10; ++i) {
//       co_await out.write(appserver::to_text({.data = std::to_string(i)}));
//       co_await appserver::sleep(1s);
//     }
//   });
//
// One that is destroyed without finish(), or whose coroutine throws, ends the connection, so that
// the client sees that the body is not complete. Movable. [any] but where it says otherwise
class ResponseStream {
 public:
  explicit ResponseStream(std::shared_ptr<detail::LaterCall> call)
      : flow_(std::make_shared<detail::Flow>(std::move(call))) {}
  ResponseStream(ResponseStream&&) noexcept = default;
  ResponseStream& operator=(ResponseStream&& other) noexcept {
    abandon();
    flow_ = std::move(other.flow_);
    return *this;
  }
  ResponseStream(const ResponseStream&) = delete;
  ResponseStream& operator=(const ResponseStream&) = delete;
  ~ResponseStream() { abandon(); }

  // Status and header fields; before the first write. 200 without fields when not given.
  void head(Response head) { head_ = std::move(head); }

  // Waits until the client has taken what was written before, beyond some 64 KiB, and writes; so a
  // slow client makes its coroutine wait, and not the memory grow. The bytes are copied before it
  // waits. [worker]
  // Errors: throws Cancelled when the client is gone.
  [[nodiscard]] auto write(std::string_view bytes) {
    begin();
    push(bytes);
    return detail::TakenAwaiter(*flow_, kMostBuffered);
  }
  // Waits until the client has been sent everything. [worker] Errors: as write().
  [[nodiscard]] auto flush() {
    begin();
    return detail::TakenAwaiter(*flow_, 0);
  }

  // Writes without waiting. Returns: whether anybody is there to take it. See buffered(): who
  // pushes more than a client takes fills the memory.
  bool push(std::string_view bytes) { return flow().push(bytes); }
  // How much the client has not taken yet.
  [[nodiscard]] std::size_t buffered() const { return flow().buffered(); }
  // Whether nobody takes anything any more.
  [[nodiscard]] bool is_cancelled() const { return flow().is_over(); }

  // The body is complete. A coroutine need not say so: its end does.
  void finish() {
    if (flow_ != nullptr) {
      begin();
      std::exchange(flow_, nullptr)->end(true);
    }
  }

  // Sends the head now, if that was not done.
  void begin() {
    if (!has_begun_) {
      has_begun_ = true;
      flow().begin(std::move(head_));
    }
  }
  [[nodiscard]] bool has_begun() const noexcept { return has_begun_; }

 private:
  static constexpr std::size_t kMostBuffered = std::size_t{64} * 1024;

  [[nodiscard]] detail::Flow& flow() const {
    if (flow_ == nullptr) {
      throw std::logic_error("ResponseStream: the response is complete");
    }
    return *flow_;
  }
  void abandon() noexcept {
    if (flow_ != nullptr && has_begun_) {
      flow_->end(false);
    }
  }

  std::shared_ptr<detail::Flow> flow_;  // shared with the server; null after finish()
  Response head_;
  bool has_begun_ = false;
};

}  // namespace appserver
