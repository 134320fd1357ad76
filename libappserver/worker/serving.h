#pragma once

#include <array>
#include <chrono>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/event_loop.h"
#include "http/body_compression.h"
#include "http/date.h"
#include "ipc/scoreboard.h"
#include "observe/access_log.h"
#include "worker/app_gate.h"
#include "worker/app_places.h"
#include "worker/complaints.h"
#include "worker/deadlines.h"
#include "worker/detached_exchanges.h"
#include "worker/handler_threads.h"
#include "worker/line.h"
#include "worker/peer_counts.h"
#include "worker/rules.h"
#include "worker/workbench.h"

namespace appserver::worker {

class Connection;

// The responses of the connection being served: one buffer for all, as serving is not interrupted.
// The thread that runs the app has one, and the standby has one.
struct Batch {
  std::string out;
  // For the crash handler: how much of it belongs to requests that are answered, whether part of
  // the response that is being made has left already, and whose turn it is.
  std::size_t answered = 0;
  bool response_begun = false;
  const Connection* being_served = nullptr;
  http::DateCache date;
};

// What all connections of a worker share. Plain members, used by the thread that has the loop (see
// Baton); while the app runs, its thread touches nothing here but its batch.
struct Serving {
  // All references outlive this object.
  Serving(EventLoop& event_loop, const Rules& rules_of_worker, AppGate& app_gate,
          const AppPlaces& apps, DetachedExchanges& detached_exchanges,
          Complaints& complaints_of_worker, const std::array<Duration, kWaits>& spans)
      : loop(event_loop),
        rules(rules_of_worker),
        gate(app_gate),
        places(apps),
        detached(detached_exchanges),
        complaints(complaints_of_worker),
        benches(rules.limits, app_gate.may_stream_bodies()),
        peers(rules.peer_connections),
        deadlines(spans) {
    if (rules.compression.is_on()) {
      compression = std::make_unique<http::BodyCompression>(rules.compression);
      detached.compress_by(rules.compression);
    }
  }

  EventLoop& loop;
  const Rules& rules;
  AppGate& gate;
  const AppPlaces& places;
  DetachedExchanges& detached;
  HandlerThreads* threads = nullptr;            // Null: all handlers run on the first thread.
  observe::AccessLog* access_log = nullptr;     // Null: no access log.
  const ipc::Scoreboard* scoreboard = nullptr;  // Null: this worker is all there is.
  Complaints& complaints;
  // Null: nothing is compressed. Outlives the benches, whose streams give their compressors back to
  // it.
  std::unique_ptr<http::BodyCompression> compression;
  WorkbenchPool benches;
  PeerCounts peers;
  Deadlines deadlines;
  Batch app_batch;      // Of the thread that runs the app.
  Batch standby_batch;  // Of the standby, which may not.
  Batch* batch = &app_batch;
  // Connections with complete requests, in order of arrival; worked off after each pass through the
  // loop.
  Line ready;
  // Those of them that the standby has looked at: only the app can answer them. They go first.
  Line waiting;
  // Those that wait for one of the threads.
  Line for_threads;
  // A handler on one of them did not return in time, and will perhaps never do so.
  bool has_stuck_thread = false;
  // Those that go on with a body which the app makes: after the others, and for a short while at a
  // time, so that a new request does not wait behind a thousand downloads.
  Line continuing;
  // Connections without a client, to be used again.
  std::vector<Connection*> unused;
  // The worker leaves. Handing over: connections move to another worker when they are between two
  // requests, and clients notice nothing. Closing: there is nobody to take them, and every response
  // announces the end.
  enum class Departure { None, HandingOver, Closing };
  Departure departure = Departure::None;
  // Connections that wait for their turn to be handed over.
  std::vector<Connection*> departing;

  // The whole server will stop, not only this worker leave.
  [[nodiscard]] bool server_is_draining() const noexcept {
    return scoreboard != nullptr && scoreboard->is_stop_announced();
  }
  [[nodiscard]] std::time_t wall_second() const noexcept {
    return static_cast<std::time_t>(loop.wall_time());
  }
  // For the Date field.
  [[nodiscard]] std::string_view date_text() {
    return batch->date.text(std::chrono::sys_seconds(std::chrono::seconds(wall_second())));
  }
  [[nodiscard]] bool may_call_app() const noexcept { return batch == &app_batch; }
};

}  // namespace appserver::worker
