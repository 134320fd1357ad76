#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "http/body_compression.h"
#include "http/date.h"
#include "worker/exchange.h"
#include "worker/mailbox.h"
#include "worker/workbench.h"

namespace appserver::worker {

class Connection;
class DetachedExchanges;

// An exchange that is answered elsewhere: by a thread of the pool, or by the app when it pleases.
//
// Two parties hold it, and it is used again when both have let go: the app, or the pool's thread
// that runs the handler, until it is done; and the connection, until the answer has left or nobody
// wants it any more. The app's side may be on any thread; what both touch is guarded by the mutex.
// The connection's bench stays where it is meanwhile, because the request's views point in there;
// a connection that ends first leaves it here.
class DetachedExchange final : private Outlet {
 public:
  // `home` outlives it.
  explicit DetachedExchange(DetachedExchanges& home);
  DetachedExchange(const DetachedExchange&) = delete;
  DetachedExchange& operator=(const DetachedExchange&) = delete;
  ~DetachedExchange();

  // Starts with `incoming`; what that refers to stays until the connection leaves. From here on a
  // handler runs, and no answer is taken for complete before it has returned.
  void begin(const Incoming& incoming);

  [[nodiscard]] appserver_exchange* handle() noexcept { return exchange_.handle(); }
  [[nodiscard]] Exchange& exchange() noexcept { return exchange_; }
  [[nodiscard]] const http::RequestHead& head() const noexcept { return incoming_->head; }
  [[nodiscard]] const net::PeerAddress& client() const noexcept {
    return incoming_->provenance.client;
  }

  // --- the app's side: any thread ---

  // Everything that changes the exchange happens under this.
  class Access {
   public:
    // Null: the exchange is not detached, and is the caller's alone.
    explicit Access(DetachedExchange* shared) noexcept;
    Access(const Access&) = delete;
    Access& operator=(const Access&) = delete;
    // Tells the connection when there is news for it.
    ~Access();
    // Whether an answer is still wanted.
    [[nodiscard]] bool is_wanted() const noexcept {
      return shared_ == nullptr || shared_->is_wanted_;
    }

   private:
    DetachedExchange* shared_;
  };

  // The functions behind appserver_async's pointers of the same names.
  static const appserver_request* request(appserver_exchange* kept) noexcept;
  static void release(appserver_exchange* kept) noexcept;
  static int32_t is_cancelled(appserver_exchange* kept) noexcept;
  static void on_cancel(appserver_exchange* kept, appserver_callback callback,
                        void* state) noexcept;
  static void resume(appserver_exchange* kept) noexcept;
  // Those of appserver_body's.
  static int32_t read_body(appserver_exchange* kept, appserver_callback callback,
                           void* state) noexcept;
  static appserver_str body_piece(appserver_exchange* kept) noexcept;

  // Under Access: another time to be done.
  void set_deadline(TimePoint at) noexcept;
  // Under Access: the handler on the pool wants to answer later.
  void keep() noexcept { is_kept_ = true; }

  // --- a handler's end ---

  // On the first thread. Returns: whether the answer is there already.
  [[nodiscard]] bool handler_returned() noexcept;
  // For the pool: the right to start the handler, or to keep it from being started. Once true.
  // Async-signal-safe.
  [[nodiscard]] bool claim_start() noexcept { return !was_started_.exchange(true); }
  // On the pool. Whether the handler is to run: nobody has claimed it, and its answer is wanted.
  [[nodiscard]] bool begin_on_pool() noexcept;
  // What the app returned; an answer that is missing becomes 500 and a log record.
  void handler_returned_on_pool(int result) noexcept;

  // --- the connection's side: whoever has the loop ---

  void await_by(Connection& owner) noexcept { owner_ = &owner; }
  [[nodiscard]] Connection* owner() const noexcept { return owner_; }  // Null: it has left.

  struct News {
    bool answered = false;
    bool resumed = false;
    std::optional<TimePoint> deadline;  // If the app chose it anew. TimePoint::max() for no limit.
  };
  // A letter about it came.
  [[nodiscard]] News look() noexcept;
  // Whether the source may go on, although it has just said that it waits.
  [[nodiscard]] bool take_resumed() noexcept;

  // The deadline that the app chose; nothing if it did not.
  [[nodiscard]] std::optional<TimePoint> deadline() noexcept;
  // Whether the app waits for more of the request's body.
  [[nodiscard]] bool wants_body() noexcept;
  // Gives it the next piece, which stays where it is until wants_body() is true again.
  void give_body(std::string_view piece, bool is_last) noexcept;

  // Requires: answered. Swaps the answer's bytes into `out`, which is empty.
  [[nodiscard]] Outcome take_answer(std::string& out) noexcept;
  // Whether the connection can be used after that answer.
  [[nodiscard]] bool keeps_alive() const noexcept { return incoming_->reply.keep_alive; }

  // Nobody wants an answer any more. Returns: false when there is one already; nothing changes
  // then.
  [[nodiscard]] bool cancel() noexcept;
  // The callback that waits for a cancellation, once; none if there is nothing to be told.
  [[nodiscard]] AppJob take_cancel_callback() noexcept;
  // Whether a thread of the pool has yet to run the handler, or is at it.
  [[nodiscard]] bool is_in_handler() noexcept;
  [[nodiscard]] bool is_running_on_pool() noexcept { return is_in_handler() && was_started_; }
  // The pool will not run it. Requires: claim_start() was true.
  void withdraw() noexcept;
  // Writes a record about it.
  void report(std::string_view why) noexcept;
  // Requires: begun, and the connection has not left; nobody answers it at the moment.
  // Async-signal-safe.
  [[nodiscard]] ipc::ExchangeFacts facts() const noexcept;
  // The answer, when it is made, and is all text. As facts(): async-signal-safe but for a lock that
  // is only tried.
  struct Finished {
    std::string_view text;
    bool keep_alive;
  };
  [[nodiscard]] std::optional<Finished> finished() noexcept;
  [[nodiscard]] TimePoint began() const noexcept { return began_; }  // Coarse.
  // Keeps the views of lazily made texts valid for one thread at a time.
  [[nodiscard]] std::unique_lock<std::mutex> lock() noexcept { return std::unique_lock(mutex_); }

  // The connection has no more to do with it. Returns: whether nobody has. Else `bench` (or null)
  // is kept as long as the app may look at the request.
  [[nodiscard]] bool leave(std::unique_ptr<Workbench>& bench) noexcept;
  // The app has let go as well: what was kept for it.
  [[nodiscard]] std::unique_ptr<Workbench> take_bench() noexcept { return std::move(bench_); }
  // Whether the app has let go after the connection had left. Once true.
  [[nodiscard]] bool take_end_of_stay() noexcept;

 private:
  void send_now(std::string& out, std::string_view body) override { out.append(body); }
  // Under Access or the mutex.
  void prepare_answer() noexcept;
  void end_access() noexcept;
  void finish_without_answer(int result);
  void replace_cancel_callback(const AppJob& callback) noexcept;
  void post_if_new() noexcept;
  void tell_reader(int32_t result) noexcept;

  DetachedExchanges& home_;
  Exchange exchange_;
  std::string out_;
  http::DateCache date_;
  std::optional<Incoming> incoming_;
  bool may_keep_alive_ = false;
  TimePoint began_{};
  std::atomic<bool> was_started_{false};

  std::mutex mutex_;
  // Guarded by it, from here on:
  bool is_held_by_app_ = false;
  bool is_held_by_connection_ = false;
  bool is_in_handler_ = false;
  bool is_kept_ = false;
  bool is_wanted_ = false;
  bool is_cancelled_ = false;
  bool is_resumed_ = false;
  bool has_news_ = false;
  bool is_posted_ = false;  // A letter is under way.
  bool deadline_changed_ = false;
  bool was_left_ = false;      // By the connection, while the app held it.
  bool was_answered_ = false;  // When the present access began.
  std::optional<TimePoint> deadline_;
  AppJob on_cancel_;
  AppJob reader_;  // Waits for a piece of the body.
  std::string_view piece_;
  bool is_body_over_ = true;
  std::unique_ptr<http::BodyCompression> compression_;  // During an access.

  // The connection's:
  Connection* owner_ = nullptr;
  std::unique_ptr<Workbench> bench_;
};

}  // namespace appserver::worker
