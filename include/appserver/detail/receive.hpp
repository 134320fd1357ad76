#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include <appserver/abi_async.h>
#include <appserver/abi_stream.h>
#include <appserver/detail/fence.hpp>
#include <appserver/detail/host.hpp>
#include <appserver/detail/reception.hpp>
#include <appserver/detail/scope.hpp>
#include <appserver/detail/send.hpp>
#include <appserver/request.hpp>
#include <appserver/response.hpp>

// Not part of the user's interface: how a request's body reaches its receiver.
namespace appserver::detail {

// The end of a body whose receiver blocks there, on one of the threads of --threads.
class LateFinish {
 public:
  LateFinish(Host host, Reception reception) : host_(host), reception_(std::move(reception)) {}

  // Has the exchange answered there. Returns: false when the server cannot do that; `reception` is
  // as before then.
  [[nodiscard]] static bool start(Host host, Reception& reception, appserver_exchange* exchange) {
    const auto* async = host.extension<appserver_async>(APPSERVER_ASYNC_EXTENSION);
    if (async == nullptr) {
      return false;
    }
    auto late = std::make_unique<LateFinish>(host, std::move(reception));
    late->async_ = async;
    late->kept_ = async->defer(exchange);
    if (late->kept_ == nullptr) {
      reception = std::move(late->reception_);
      return false;
    }
    LateFinish* const own = late.release();
    if (async->run(host.table(), own->kept_, &LateFinish::answer, own) != APPSERVER_OK) {
      answer(own, 0);  // Too much waits for the threads: this one has to do it.
    }
    return true;
  }

 private:
  // Deletes the object.
  static void answer(void* state, std::int32_t) noexcept {
    const std::unique_ptr<LateFinish> self(static_cast<LateFinish*>(state));
    const auto action = [&self] {
      return send(self->host_, self->kept_, self->reception_.finish());
    };
    static_cast<void>(fenced(action, ErrorReport{self->host_}));
    self->async_->release(self->kept_);  // With a 500 when there is no answer.
  }

  Host host_;
  Reception reception_;
  const appserver_async* async_ = nullptr;
  appserver_exchange* kept_ = nullptr;
};

// A body on its way into the app, between the calls of the server. Deletes itself when it is
// released.
class Receiving {
 public:
  Receiving(Host host, Reception reception) : host_(host), reception_(std::move(reception)) {}

  // Lets the server give the body to the receiver of `pending`.
  [[nodiscard]] static std::int32_t start(Host host, appserver_exchange* exchange, Response pending,
                                          const Scope* scope) {
    auto receiving = std::make_unique<Receiving>(host, Reception(std::move(pending), scope));
    const appserver_body_sink sink{
        sizeof(appserver_body_sink), 0, receiving.release(), &chunk, &end, &release};
    return host.stream()->receive_body(exchange, &sink);
  }

 private:
  static std::int32_t chunk(void* state, appserver_str bytes) noexcept {
    auto& self = *static_cast<Receiving*>(state);
    const auto action = [&self, bytes] {
      self.reception_.take(to_view(bytes));
      return APPSERVER_OK;
    };
    return fenced(action, ErrorReport{self.host_});
  }
  static std::int32_t end(void* state, appserver_exchange* exchange) noexcept {
    auto& self = *static_cast<Receiving*>(state);
    Reception& reception = self.reception_;
    const auto action = [&self, &reception, exchange]() -> std::int32_t {
      if (reception.finish_blocks() && LateFinish::start(self.host_, reception, exchange)) {
        return APPSERVER_OK;
      }
      return send(self.host_, exchange, reception.finish());
    };
    return fenced(action, ErrorReport{self.host_});
  }
  static void release(void* state) noexcept {
    const std::unique_ptr<Receiving> last(static_cast<Receiving*>(state));
  }

  Host host_;
  Reception reception_;
};

// Whether the body of this request has yet to arrive. The server calls a receiving handler early
// only for requests that have a body, and that one is empty then; a server without streams calls it
// late, with the whole body.
[[nodiscard]] inline bool awaits_body(const Request& request) {
  if (!request.body().empty()) {
    return false;
  }
  const auto length = request.header("Content-Length");
  return request.header("Transfer-Encoding").has_value() ||
         (length.has_value() && length->find_first_not_of('0') != std::string_view::npos);
}

// Gives the body to the receiver of `pending`: piece by piece if it has yet to arrive, else at
// once. Errors: throws what the receiver throws and no error handler wants. [handler]
[[nodiscard]] inline std::int32_t give_body(Host host, appserver_exchange* exchange,
                                            const Request& request, Response pending,
                                            const Scope* scope) {
  if (awaits_body(request)) {
    return Receiving::start(host, exchange, std::move(pending), scope);
  }
  Reception reception(std::move(pending), scope);
  if (!request.body().empty()) {
    reception.take(request.body());
  }
  return send(host, exchange, reception.finish());
}

}  // namespace appserver::detail
