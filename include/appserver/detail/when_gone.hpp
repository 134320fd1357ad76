#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include <appserver/abi_async.h>
#include <appserver/detail/fence.hpp>
#include <appserver/detail/later_call.hpp>

// Not part of the user's interface: what is to happen when nobody waits for an answer any more.
namespace appserver::detail {

// Owned by the server until it is told whether that came true.
class WhenGone {
 public:
  static void set(const std::shared_ptr<LaterCall>& call, std::function<void()> function) {
    auto when_gone = std::make_unique<WhenGone>(call, std::move(function));
    call->async().on_cancel(call->kept(), &WhenGone::told, when_gone.release());
  }

  WhenGone(const std::shared_ptr<LaterCall>& call, std::function<void()> function)
      : host_(call->host()), call_(call), function_(std::move(function)) {}

 private:
  static void told(void* state, std::int32_t result) noexcept {
    const std::unique_ptr<WhenGone> self(static_cast<WhenGone*>(state));
    // Another thread may be about to answer: the request stays as long as the function runs.
    const std::shared_ptr<LaterCall> call = self->call_.lock();
    if (result != APPSERVER_CANCELLED || call == nullptr) {
      return;
    }
    const auto action = [&self] {
      self->function_();
      return APPSERVER_OK;
    };
    static_cast<void>(fenced(
        action, [&self](const char* why) noexcept { self->host_.log(APPSERVER_LOG_ERROR, why); }));
  }

  Host host_;
  std::weak_ptr<LaterCall> call_;
  std::function<void()> function_;
};

}  // namespace appserver::detail
