#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>

#include <appserver/detail/later_call.hpp>
#include <appserver/detail/when_gone.hpp>
#include <appserver/request.hpp>
#include <appserver/response.hpp>
#include <appserver/response_stream.hpp>

namespace appserver {

// Answers a request later: from a callback, from another thread, whenever it pleases.
//
//   app.get("/price", [&feed](const appserver::Request& request, appserver::Responder responder) {
//     feed.ask(std::string(request.param("name")),
//              [responder = std::move(responder)](double price) mutable {
//                responder.respond(appserver::text(std::to_string(price)));
//              });
//   });
//
// Movable; one that is destroyed without having answered answers 500, and the log says so. Where
// std::function is in the way, which wants to copy, put it into a std::shared_ptr.
// The handler is called on the worker's own thread, and must not block. [any]
class Responder {
 public:
  explicit Responder(std::shared_ptr<detail::LaterCall> call) noexcept
      : host_(call->host()), call_(std::move(call)) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&&) noexcept = default;
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;
  ~Responder() = default;

  // The request; valid until it is answered.
  // Errors: throws std::logic_error when it is.
  [[nodiscard]] const Request& request() const { return call().request(); }

  // Gives the answer and is done. Returns: whether it is on its way; else nobody waits for it any
  // more (the client has left, or was answered 504), or it is not valid HTTP: then the client gets
  // 500, and the log says what is wrong. A second answer is a mistake, told in the log and
  // otherwise without effect.
  bool respond(Response response) {
    const std::shared_ptr<detail::LaterCall> call = std::move(call_);
    if (call == nullptr || !call->claim_answer()) {
      host_.log(APPSERVER_LOG_ERROR, "Responder: a request was answered twice");
      return false;
    }
    return call->answer(std::move(response));
  }

  // Gives the first part of an answer whose body is pushed into the stream later; see
  // ResponseStream. The response's own body is ignored.
  // Errors: throws std::logic_error when the request was answered before.
  [[nodiscard]] ResponseStream start(Response head) {
    if (!call().claim_answer()) {
      throw std::logic_error("Responder: the request was answered before");
    }
    ResponseStream stream(std::move(call_));
    stream.head(std::move(head));
    stream.begin();
    return stream;
  }

  // Whether nobody waits for the answer any more: work for it is in vain.
  [[nodiscard]] bool is_cancelled() const { return call_ == nullptr || call_->is_cancelled(); }

  // Calls `function` on the worker's thread when that becomes so; not after the answer was given.
  // Of one that start() has begun, it tells until the body is complete that the client has left.
  // Errors: as request().
  void on_cancel(std::function<void()> function) {
    static_cast<void>(call());
    detail::WhenGone::set(call_, std::move(function));
  }

 private:
  [[nodiscard]] detail::LaterCall& call() const {
    if (call_ == nullptr) {
      throw std::logic_error("Responder: the request was answered before");
    }
    return *call_;
  }

  detail::Host host_;
  std::shared_ptr<detail::LaterCall> call_;  // shared with the handler while that runs
};

}  // namespace appserver
