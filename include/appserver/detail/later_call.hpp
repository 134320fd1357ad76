#pragma once

#include <atomic>
#include <exception>
#include <memory>
#include <string_view>
#include <utility>

#include <appserver/abi_async.h>
#include <appserver/detail/host.hpp>
#include <appserver/detail/path.hpp>
#include <appserver/detail/pattern.hpp>
#include <appserver/detail/receive.hpp>
#include <appserver/detail/router.hpp>
#include <appserver/detail/scope.hpp>
#include <appserver/detail/send.hpp>
#include <appserver/request.hpp>
#include <appserver/response.hpp>

// Not part of the user's interface: a request whose answer is given after its handler returned.
namespace appserver::detail {

// Keeps the request, and whatever belongs to it, until it is answered. Shared by the handler while
// it runs and by whoever will answer, who may be anywhere; the last one lets the server's exchange
// go, with a 500 if nobody has answered. [any]
class LaterCall {
 public:
  // `kept` is what `async` gave; it is released by this object. `parameters` refer to `path`, as
  // route->find() left them. Requires: `route` is the one that serves the request.
  LaterCall(Host host, const appserver_async& async, appserver_exchange* kept, const Router& router,
            const Route& route, const RequestPath& path, const PathParameters& parameters)
      : host_(host),
        async_(async),
        kept_(kept),
        scope_(route.scope),
        path_(path),
        parameters_(parameters),
        request_(host, kept, *async.request(kept), path_, parameters_, route.parameter_names) {
    if (path.decoded().data() != path.raw().data()) {  // The values are in there: find ours.
      parameters_.count = 0;
      static_cast<void>(router.find(request_.method(), path_, parameters_));
    }
  }
  LaterCall(const LaterCall&) = delete;
  LaterCall& operator=(const LaterCall&) = delete;
  ~LaterCall() {
    if (!was_answered_) {
      host_.report_error("nobody answered the request, and nobody is left who could");
    }
    async_.release(kept_);
  }

  [[nodiscard]] const Request& request() const noexcept { return request_; }
  [[nodiscard]] Host host() const noexcept { return host_; }
  [[nodiscard]] const appserver_async& async() const noexcept { return async_; }
  [[nodiscard]] appserver_exchange* kept() const noexcept { return kept_; }
  // Of the route and its groups; see limit_body().
  [[nodiscard]] std::uint64_t body_limit() const noexcept { return scope_->body_limit(); }

  // What middleware has set on the answer to come. Before the handler starts.
  void promise(Response pending) { pending_ = std::move(pending); }

  // The right to answer: once true.
  [[nodiscard]] bool claim_answer() noexcept { return !was_answered_.exchange(true); }
  [[nodiscard]] bool was_answered() const noexcept { return was_answered_; }

  // Requires: claimed. Returns: whether the answer is on its way; else nobody waits for it any
  // more, or the server refused it, which makes it a 500 and a record in the log.
  bool answer(Response response) {
    if (pending_.is_pending()) {
      amend(response, pending_);
    }
    return send(host_, kept_, response) == APPSERVER_OK;
  }
  bool answer_in_pieces(Response head, const appserver_body_source& source) {
    if (pending_.is_pending()) {
      amend(head, pending_);
    }
    return send_in_pieces(host_, kept_, head, source) == APPSERVER_OK;
  }

  // The same with what error handlers make of `error`; a 500 and its text in the log when they make
  // nothing of it. Requires: claimed.
  void fail(std::exception_ptr error) noexcept {
    const auto action = [this, &error] {
      answer(recover(scope_, &request_, std::move(error)));
      return APPSERVER_OK;
    };
    static_cast<void>(fenced(action, ErrorReport{host_}));
  }

  [[nodiscard]] bool is_cancelled() const noexcept { return async_.is_cancelled(kept_) != 0; }

 private:
  Host host_;
  const appserver_async& async_;
  appserver_exchange* kept_;
  const Scope* scope_;
  RequestPath path_;
  PathParameters parameters_;
  Request request_;
  Response pending_;
  std::atomic<bool> was_answered_{false};
};

}  // namespace appserver::detail
