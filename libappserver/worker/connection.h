#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/event_loop.h"
#include "base/unique_fd.h"
#include "ipc/handoff.h"
#include "net/peer_address.h"
#include "worker/deadlines.h"
#include "worker/exchange.h"
#include "worker/open_exchange.h"
#include "worker/workbench.h"

namespace appserver::worker {

struct Serving;

// Why a worker ends in the middle of its work.
enum class WorkerEnd {
  Crash,    // Of its own code or the app's.
  Timeout,  // A handler takes too long.
  Stop,     // It was told to leave at once.
};

// One client's connection. Reading and parsing happen inside the loop's dispatch; code of the app
// runs in serve(), outside of it.
//
//   state      waits for                          deadline      leaves to
//   Closed     a new client, or another worker's  none          Idle, Reading, Queued
//   Idle       the first byte of a request        Request       Reading, Departing, Closed
//   Reading    the rest of the head or body       Head or Body  Queued, Departing, Closed
//   Queued     serve(), or another worker         none          every other
//   Awaiting   an answer that is made elsewhere   Answer        every other
//   Writing    the client to take more of it      Write         Queued, Awaiting, Idle, Closed
//   Departing  another worker to take it over     none          Closed, Idle, Reading
//   Lingering  end of file, discarding bytes      LastBytes     Closed
//
// [worker] Owned by Connections, which reuses it for client after client.
class Connection final : private Outlet, private BodyMaker {
 public:
  explicit Connection(Serving& serving) noexcept;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() = default;

  // Takes a new client and reads what it may have sent already.
  void open(UniqueFd fd, const net::PeerAddress& peer);

  // The connection's turn to run code of the app: answers the complete requests that were read, in
  // order, with one send for all of them; or goes on with a body that the app takes in or makes.
  // Without the app (Serving::may_call_app), what needs it gets in line again.
  void serve();

  // There is news of `exchange`, which is its own: the answer, say. Runs no code of the app.
  void hear_from(DetachedExchange& exchange);
  // The handler of its request was taken out of the threads' queue: back in line.
  void await_thread_again();

  // The wait it was in took too long.
  void deadline_passed();

  // Takes over a connection from another worker, with the bytes that were not answered there.
  void adopt(ipc::HandedOver handed_over);

  // The worker leaves: a connection that is between two requests gets in line to be handed over, or
  // is closed soon if it cannot be; any other after its response.
  void depart();
  void cut() noexcept;  // Ends here and now, whatever is under way.
  // Hands itself over; Closed then. Returns: what came of it; Full leaves everything as it is.
  // Requires: it is in line for that.
  [[nodiscard]] ipc::HandoffProgress hand_over(const ipc::Handoff& handoff);
  // Whether another worker could answer the request that waits here for the app.
  [[nodiscard]] bool can_move_with_request() const noexcept;
  // The worker ends here and now: answers the client if its request is the `guilty` one (500, 504),
  // or is known to the app or cannot be repeated (503), and hands the connection over else.
  // `guilty`: the one whose request the failing code worked at, as far as is known.
  // Async-signal-safe: reads memory, and calls sendmsg(2) and shutdown(2).
  void save_from_end(const ipc::Handoff& handoff, WorkerEnd end,
                     const Connection* guilty) const noexcept;
  // The exchange that is under way; nothing between two of them.
  [[nodiscard]] std::optional<OpenExchange> open_exchange() const;
  void stay();  // Nobody takes it: it goes on here, up to its next response.

 private:
  enum class State : std::uint8_t {
    Closed,
    Idle,
    Reading,
    Queued,
    Awaiting,
    Writing,
    Departing,
    Lingering
  };

  // What an answer leads to.
  enum class Turn {
    Next,    // The next request, if it is there.
    Last,    // The end of the connection.
    Body,    // A body that has to be sent, in the outbox.
    Wait,    // More of the request has to arrive.
    App,     // A moment when the app can be called.
    Thread,  // Room among the threads of the pool.
    Answer,  // The answer, which is made elsewhere.
  };

  void on_ready(int events) noexcept;
  void get_in_line();

  // Input. parse() returns whether there is something to do: a request that is complete, refused or
  // undecided, or a piece of a body for the app.
  void read();
  [[nodiscard]] bool parse();
  void parse_or_wait();
  void send_rest(std::string_view unsent, bool keep_alive);
  void put_back(std::string_view bytes);
  void read_again(std::string_view bytes, TimePoint since);
  [[nodiscard]] bool read_preamble();
  [[nodiscard]] bool can_move() const noexcept;
  [[nodiscard]] ipc::HandoffProgress send_to(const ipc::Handoff& handoff) const noexcept;
  void answer_at_end(std::string_view answer) const noexcept;
  [[nodiscard]] bool wait_for_body();
  [[nodiscard]] bool is_body_too_slow() const noexcept;
  void give_up(const http::Refusal& refusal);
  void spool_if_large();
  void finish_spool();
  void send_continue();
  void discard();

  // Answers.
  void answer_requests();
  [[nodiscard]] bool follow(Turn turn);
  [[nodiscard]] Turn answer();
  [[nodiscard]] Turn decide_about_body();
  [[nodiscard]] Turn take_in_body();
  [[nodiscard]] Turn answer_whole_request();
  [[nodiscard]] bool is_answered_without_app() const;
  [[nodiscard]] Turn answer_without_app();
  [[nodiscard]] Turn answer_with_health();
  [[nodiscard]] Turn answer_with_static_file();
  [[nodiscard]] Turn answer_no_app();
  [[nodiscard]] bool needs_first_thread() const;
  [[nodiscard]] Turn answer_on_pool(const Incoming& request);
  [[nodiscard]] Turn conclude(Outcome outcome, bool keep_alive);
  [[nodiscard]] Turn refuse(const http::Refusal& refusal);
  [[nodiscard]] http::Verdict find_provenance();
  [[nodiscard]] Incoming incoming(std::string_view body, bool keep_alive);
  [[nodiscard]] bool may_keep_alive() const;

  // Answers that are made elsewhere.
  void await_answer();
  void start_answer_wait(std::optional<TimePoint> at);
  void await_more();
  void get_in_line_for_more();
  void deliver();
  void watch_client();
  void receive_piece();
  void give_piece_or_wait();
  void give_piece();
  void answer_is_overdue();
  void part_from_exchange();
  void give_bench_back();

  // Output. flush() returns whether everything left; else the rest goes by itself, and proceed()
  // follows.
  void send_now(std::string& out, std::string_view body) override;
  [[nodiscard]] AppSource::Made make(AppSource& source, std::string& out) override;
  [[nodiscard]] bool flush(bool keep_alive);
  void continue_response(bool may_call_app);
  void note_begin() noexcept;
  void finish_response();
  void log_access(unsigned status, std::uint64_t body_bytes);

  [[nodiscard]] std::string_view phase() const noexcept;

  // What comes after a response.
  void proceed(bool keep_alive);
  void go_idle();
  void become_idle();
  void linger();
  void close() noexcept;
  void start_wait(Wait wait) noexcept;
  void resume_wait(Wait wait, TimePoint end) noexcept;

  Serving& serving_;
  Deadline deadline_;
  IoWatcher watcher_;
  std::unique_ptr<Workbench> bench_;
  UniqueFd fd_;
  net::PeerAddress socket_peer_;
  net::PeerAddress peer_;  // The client, or the proxy that it came by.
  State state_ = State::Closed;
  Wait waiting_ = Wait::Request;
  std::uint32_t requests_ = 0;     // Answered on it, in this worker and those before.
  bool keep_alive_ = false;        // After the response that is being sent.
  bool awaits_preamble_ = false;   // The PROXY protocol header has yet to come.
  bool trusts_forwarded_ = false;  // The peer may say whose request it passes on.
  bool over_tls_ = false;          // The proxy said that its client used TLS.
};

}  // namespace appserver::worker
