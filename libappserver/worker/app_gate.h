#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <type_traits>

#include "base/coarse_clock.h"
#include "ipc/barred_requests.h"
#include "ipc/scoreboard.h"
#include "worker/app_failures.h"
#include "worker/app_places.h"
#include "worker/baton.h"
#include "worker/detached_exchanges.h"
#include "worker/exchange.h"
#include "worker/mailbox.h"

namespace appserver::worker {

// The one place where a worker calls its apps: marks the exchange on the scoreboard and lends the
// event loop before, and turns every way of not answering into a 500 and a log record after.
class AppGate {
 public:
  // What the gate works with; all outlive it.
  struct Surroundings {
    const AppPlaces& places;
    ipc::ScoreboardEntry& score;
    const ipc::BarredRequests& barred;
    Baton& baton;
    AppFailures& failures;
    DetachedExchanges& detached;
  };
  // `timeout`: what the app has for each call; zero for no limit.
  AppGate(const Surroundings& surroundings, Duration timeout);

  // All of these run code of the app, for as long as it takes: outside of the loop's dispatch only.

  // Each request has a destination; see AppPlaces.

  // Whether an app may want to take bodies in as they arrive, at all and for this request.
  [[nodiscard]] bool may_stream_bodies() const noexcept { return places_.may_stream_bodies(); }
  [[nodiscard]] bool streams_body(const Incoming& incoming, std::string& out);

  // Whether code of the app runs at this moment. Async-signal-safe.
  [[nodiscard]] bool is_running_app() const noexcept {
    return is_running_app_.load(std::memory_order_relaxed);
  }

  // Gives the exchange at hand an id on the scoreboard if it has none. Async-signal-safe.
  void identify_exchange() const noexcept;

  // Whether the app wants this request on the first thread although there are others; all of them
  // may be elsewhere when it never wants that.
  [[nodiscard]] bool may_want_first_thread() const noexcept {
    return places_.may_want_first_thread();
  }
  [[nodiscard]] bool wants_first_thread(const Incoming& incoming, std::string& out);
  // Whether answer() will refuse it.
  [[nodiscard]] bool is_barred(const http::RequestHead& head) const noexcept;
  // Counts a request whose handler runs on another thread.
  void count_request() noexcept { score_.count_request(); }
  // Counts an answer of the app that was called at `began`, by the coarse clock. answer() and
  // finish() count theirs.
  void count_answer(unsigned status, TimePoint began) noexcept {
    score_.count_answer(status >= 500, coarse_now() - began);
  }

  // Runs a function of the app.
  void run(const AppJob& job);
  // On whose behalf it runs; null when none does. Async-signal-safe.
  [[nodiscard]] DetachedExchange* exchange_of_job() const noexcept {
    return exchange_of_job_.load(std::memory_order_relaxed);
  }

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
  Outcome conclude(std::string& out, int result);
  Outcome take_outcome(std::string& out);

  const AppPlaces& places_;
  ipc::ScoreboardEntry& score_;
  const ipc::BarredRequests& barred_;
  Baton& baton_;
  AppFailures& failures_;
  const Duration timeout_;
  std::atomic<bool> is_running_app_{false};
  TimePoint called_at_{};  // The latest call, by the coarse clock.
  std::atomic<DetachedExchange*> exchange_of_job_{nullptr};
  RequestIds ids_;
  Exchange exchange_;
};

}  // namespace appserver::worker
