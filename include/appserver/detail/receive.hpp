#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/abi_stream.h>
#include <appserver/detail/fence.hpp>
#include <appserver/detail/host.hpp>
#include <appserver/detail/scope.hpp>
#include <appserver/detail/send.hpp>
#include <appserver/request.hpp>
#include <appserver/response.hpp>
#include <appserver/streaming.hpp>

// Not part of the user's interface: how a request's body reaches its receiver.
namespace appserver::detail {

// Sets on `answer` the header fields that were set on `pending` while there was no answer yet.
inline void amend(Response& answer, const Response& pending) {
  for (const std::string& name : pending.pending()->replaced) {
    answer.remove_header(name);
  }
  for (const ResponseHeader& field : pending.headers()) {
    answer.add_header(field.name, field.value);
  }
}

// A body on its way into the app, between the calls of the server. Deletes itself when it is
// released.
class Receiving {
 public:
  // `scope` is that of the route, whose error handlers hold; it lives as long as the app.
  Receiving(Host host, Response pending, const Scope* scope)
      : host_(host), pending_(std::move(pending)), scope_(scope) {}

  // Lets the server give the body to the receiver of `pending`.
  [[nodiscard]] static std::int32_t start(Host host, appserver_exchange* exchange, Response pending,
                                          const Scope* scope) {
    auto receiving = std::make_unique<Receiving>(host, std::move(pending), scope);
    const appserver_body_sink sink{
        sizeof(appserver_body_sink), 0, receiving.release(), &chunk, &end, &release};
    return host.stream()->receive_body(exchange, &sink);
  }

  // Errors: throws what the receiver throws and no error handler wants.
  void take(std::string_view bytes) {
    if (early_answer_) {
      drop(bytes.size());
      return;
    }
    try {
      receiver().receive(bytes);
    } catch (...) {
      early_answer_ = recover(scope_, nullptr, std::current_exception());
    }
  }

  // The answer. Errors: as take().
  [[nodiscard]] Response finish() {
    Response answer = early_answer_ ? std::move(*early_answer_) : finish_receiver();
    amend(answer, pending_);
    return answer;
  }

 private:
  // How much of a body is read for nothing after its receiver refused it. The refusal can be told
  // only when the body is at its end, and most clients listen no earlier.
  static constexpr std::size_t kDroppedBytes = std::size_t{64} << 20;

  [[nodiscard]] BodyReceiver& receiver() const { return *pending_.pending()->receiver; }

  [[nodiscard]] Response finish_receiver() {
    try {
      return receiver().finish();
    } catch (...) {
      return recover(scope_, nullptr, std::current_exception());
    }
  }

  void drop(std::size_t size) {
    dropped_ += size;
    if (dropped_ > kDroppedBytes) {
      throw std::length_error("the client goes on sending a body that was refused");
    }
  }

  static std::int32_t chunk(void* state, appserver_str bytes) noexcept {
    auto& self = *static_cast<Receiving*>(state);
    const auto action = [&self, bytes] {
      self.take(to_view(bytes));
      return APPSERVER_OK;
    };
    return fenced(action, ErrorReport{self.host_});
  }
  static std::int32_t end(void* state, appserver_exchange* exchange) noexcept {
    auto& self = *static_cast<Receiving*>(state);
    const auto action = [&self, exchange] { return send(self.host_, exchange, self.finish()); };
    return fenced(action, ErrorReport{self.host_});
  }
  static void release(void* state) noexcept {
    const std::unique_ptr<Receiving> last(static_cast<Receiving*>(state));
  }

  Host host_;
  Response pending_;
  const Scope* scope_;
  std::optional<Response> early_answer_;
  std::size_t dropped_ = 0;
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
  Receiving receiving(host, std::move(pending), scope);
  if (!request.body().empty()) {
    receiving.take(request.body());
  }
  return send(host, exchange, receiving.finish());
}

}  // namespace appserver::detail
