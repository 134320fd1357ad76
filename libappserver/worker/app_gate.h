#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <type_traits>

#include "app/host_services.h"
#include "app/loaded_app.h"
#include "ipc/barred_requests.h"
#include "ipc/scoreboard.h"
#include "observe/log.h"
#include "worker/baton.h"
#include "worker/exchange.h"

namespace appserver::worker {

// The one place where a worker calls the app: marks the exchange on the scoreboard and lends the
// event loop before, and turns every way of not answering into a 500 and a log record after.
class AppGate {
 public:
  // What the gate works with; all outlive it.
  struct Surroundings {
    app::LoadedApp& app;
    app::HostServices& host;
    ipc::ScoreboardEntry& score;
    const ipc::BarredRequests& barred;
    Baton& baton;
    observe::Log& log;
  };
  // `timeout`: what the app has for each call; zero for no limit.
  AppGate(const Surroundings& surroundings, Duration timeout);

  // All of these run code of the app, for as long as it takes: outside of the loop's dispatch only.

  // Whether the app may want to take bodies in as they arrive, at all and for this request.
  [[nodiscard]] bool may_stream_bodies() const noexcept { return streams_body_ != nullptr; }
  [[nodiscard]] bool streams_body(const Incoming& incoming, std::string& out);

  // Whether code of the app runs at this moment. Async-signal-safe.
  [[nodiscard]] bool is_running_app() const noexcept {
    return is_running_app_.load(std::memory_order_relaxed);
  }

  // Gives the exchange at hand an id on the scoreboard if it has none. Async-signal-safe.
  void identify_exchange() const noexcept;

  // Runs the handler and appends the response to `out`. A request that is barred is answered 503
  // without it.
  Outcome answer(const Incoming& incoming, std::string& out);

  // Gives the sink a piece of the body. Returns: whether it wants to go on.
  [[nodiscard]] bool take_in(AppSink& sink, const Incoming& incoming, std::string_view bytes,
                             std::string& out);
  // The body is whole: the sink answers, into `out`.
  Outcome finish(AppSink& sink, const Incoming& incoming, std::string& out);
  // Has the app make the next piece of the body of a response to `head`, into `out`.
  [[nodiscard]] AppSource::Made produce(AppSource& source, const http::RequestHead& head,
                                        const net::PeerAddress& client, std::string& out);

 private:
  // Calls the app with the exchange marked on the scoreboard and the event loop lent. Returns: what
  // the app returned.
  template <typename Call>
  std::invoke_result_t<const Call&> mark(const http::RequestHead& head,
                                         const net::PeerAddress& client, const Call& call);
  [[nodiscard]] std::optional<TimePoint> barred_until(const http::RequestHead& head) const noexcept;
  template <typename Call>
  int call_handler(const Incoming& incoming, std::string& out, const Call& call);
  Outcome conclude(const Incoming& incoming, int result);
  void report_failure(const Incoming& incoming, int result);

  const appserver_app& app_;
  decltype(appserver_streaming::streams_body) streams_body_;  // Null: it never wants to.
  app::HostServices& host_;
  ipc::ScoreboardEntry& score_;
  const ipc::BarredRequests& barred_;
  Baton& baton_;
  observe::Log& log_;
  const Duration timeout_;
  std::atomic<bool> is_running_app_{false};
  TimePoint called_at_{};  // The latest call, by the coarse clock.
  RequestIds ids_;
  Exchange exchange_{ids_, score_};
};

}  // namespace appserver::worker
