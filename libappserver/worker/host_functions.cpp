// What the app finds behind its host table: see worker.h.

#include <appserver/abi_async.h>
#include <appserver/abi_body.h>
#include <appserver/abi_deadline.h>
#include <appserver/abi_loop.h>
#include <appserver/abi_mount.h>
#include <appserver/abi_stream.h>
#include <appserver/abi_tokens.h>

#include "worker/detached_exchange.h"
#include "worker/exchange.h"
#include "worker/worker.h"

namespace appserver::worker {
namespace {

// What is thrown in here is want of memory; it must not leave into C.
template <typename Call>
auto of_app(const appserver_host* host, const Call& call) noexcept
    -> decltype(call(std::declval<app::AppCalls&>())) {
  app::AppCalls* const calls = app::HostServices::behind(host).app_calls();
  try {
    if (calls != nullptr) {
      return call(*calls);
    }
  } catch (const std::exception&) {
  }
  return {};
}

int32_t post(const appserver_host* host, appserver_exchange* exchange, appserver_callback callback,
             void* state) noexcept {
  const auto call = [&](app::AppCalls& app) { return app.post(exchange, callback, state); };
  return of_app(host, call) ? APPSERVER_OK : APPSERVER_FAILED;
}

int32_t run(const appserver_host* host, appserver_exchange* exchange, appserver_callback callback,
            void* state) noexcept {
  const auto call = [&](app::AppCalls& app) { return app.run(exchange, callback, state); };
  return of_app(host, call) ? APPSERVER_OK : APPSERVER_FAILED;
}

appserver_wait* wait(const appserver_host* host, const appserver_wait_order* order) noexcept {
  if (order == nullptr || order->size < sizeof(appserver_wait_order)) {
    return nullptr;
  }
  return of_app(host, [&](app::AppCalls& app) { return app.wait(*order); });
}

void cancel(const appserver_host* host, appserver_wait* wait) noexcept {
  static_cast<void>(of_app(host, [&](app::AppCalls& app) {
    app.cancel(wait);
    return true;
  }));
}

struct ev_loop* open_loop(const appserver_host* host) noexcept {
  return of_app(host, [](app::AppCalls& app) { return app.open_loop(); });
}

std::uint64_t take_token(const appserver_host* host, appserver_str key, std::uint64_t interval,
                         std::uint64_t tolerance) noexcept {
  const std::string& prefix = app::HostServices::behind(host).key_prefix();
  return of_app(host, [&](app::AppCalls& app) {
    const std::string_view own{key.data, key.size};
    return prefix.empty() ? app.take_token(own, interval, tolerance)
                          : app.take_token(prefix + std::string(own), interval, tolerance);
  });
}

}  // namespace

app::HostServices::ExchangeCalls exchange_calls() noexcept {
  return {&Exchange::respond, &Exchange::peer, &Exchange::request_id};
}

const void* host_extension(std::string_view name) noexcept {
  static constexpr appserver_stream kStream{sizeof(appserver_stream),  0,
                                            &Exchange::respond_stream, &AppSource::write,
                                            &AppSource::trailer,       &Exchange::respond_file,
                                            &Exchange::inform,         &Exchange::receive_body};
  static constexpr appserver_deadline kDeadline{sizeof(appserver_deadline), 0,
                                                &Exchange::set_deadline};
  static constexpr appserver_async kAsync{sizeof(appserver_async),
                                          0,
                                          &Exchange::defer,
                                          &DetachedExchange::request,
                                          &DetachedExchange::release,
                                          &DetachedExchange::is_cancelled,
                                          &DetachedExchange::on_cancel,
                                          &DetachedExchange::resume,
                                          &post,
                                          &run,
                                          &wait,
                                          &cancel};
  static constexpr appserver_body kBody{sizeof(appserver_body), 0, &DetachedExchange::read_body,
                                        &DetachedExchange::body_piece};
  static constexpr appserver_loop kLoop{sizeof(appserver_loop), 0, &open_loop};
  static constexpr appserver_tokens kTokens{sizeof(appserver_tokens), 0, &take_token};
  static constexpr appserver_mount kMount{sizeof(appserver_mount), 0, &Exchange::mount};
  if (name == APPSERVER_BODY_EXTENSION) {
    return &kBody;
  }
  if (name == APPSERVER_MOUNT_EXTENSION) {
    return &kMount;
  }
  if (name == APPSERVER_STREAM_EXTENSION) {
    return &kStream;
  }
  if (name == APPSERVER_DEADLINE_EXTENSION) {
    return &kDeadline;
  }
  if (name == APPSERVER_LOOP_EXTENSION) {
    return &kLoop;
  }
  if (name == APPSERVER_TOKENS_EXTENSION) {
    return &kTokens;
  }
  return name == APPSERVER_ASYNC_EXTENSION ? &kAsync : nullptr;
}

}  // namespace appserver::worker
