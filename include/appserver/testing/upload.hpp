#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include <appserver/testing/call.hpp>
#include <appserver/testing/messages.hpp>
#include <appserver/testing/reply_stream.hpp>

namespace appserver::testing {

// A request's body that is sent piece by piece; see Client::start(). Destroying it before finish()
// is what a client does that leaves.
class Upload {
 public:
  Upload(std::unique_ptr<Call> call, std::function<void(const Reply&)> on_head)
      : call_(std::move(call)), on_head_(std::move(on_head)) {}

  void send(std::string_view bytes) { call_->send(bytes); }
  // Whether the app has answered already, without waiting for the rest.
  [[nodiscard]] bool is_answered() const { return call_->is_answered(); }
  [[nodiscard]] ReplyStream finish_stream() {
    ReplyStream reply = call_->finish();
    on_head_(reply.head());
    return reply;
  }
  // The body is whole: the answer.
  [[nodiscard]] Reply finish() { return finish_stream().collect(); }

 private:
  std::unique_ptr<Call> call_;
  std::function<void(const Reply&)> on_head_;
};

}  // namespace appserver::testing
