#pragma once

#include <atomic>
#include <deque>
#include <optional>
#include <vector>

#include <appserver/abi_async.h>

#include "app/host_services.h"
#include "base/event_loop.h"
#include "ipc/token_table.h"
#include "worker/mailbox.h"

namespace appserver::worker {

class AppGate;
class HandlerThreads;

// The app's part of the worker's loop: the functions that it posted, and what it waits for.
//
// The app's code runs on the first thread, outside of the loop's dispatch, one function after the
// other. What it orders there is put aside until the loop is the first thread's again, and what
// happens on the loop is put aside until the first thread has time for it; so neither needs a lock,
// whoever has the loop in between. [worker]
class AppLoop final : public app::AppCalls {
 public:
  // Both outlive it. [first thread]
  AppLoop(EventLoop& loop, ipc::TokenTable& tokens)
      : loop_(loop), tokens_(tokens), mailbox_(loop) {}
  AppLoop(const AppLoop&) = delete;
  AppLoop& operator=(const AppLoop&) = delete;

  [[nodiscard]] Mailbox& mailbox() noexcept { return mailbox_; }
  // Where run() sends its functions; null: to the first thread. Outlives the last call.
  void run_on(HandlerThreads* threads) noexcept { threads_ = threads; }

  // [who has the loop] A function that the first thread is to run.
  void add(const AppJob& job) { jobs_.push_back(job); }
  // Whether something waits for the first thread.
  [[nodiscard]] bool has_work() const noexcept {
    return !jobs_.empty() || !fired_.empty() || !orders_.empty();
  }

  // [first thread, which has the loop] Runs what waits, through `gate`, and begins what was ordered
  // meanwhile.
  void work_off(AppGate& gate);

  // What the app calls.
  bool post(appserver_exchange* exchange, appserver_callback callback, void* state) override;
  bool run(appserver_exchange* exchange, appserver_callback callback, void* state) override;
  appserver_wait* wait(const appserver_wait_order& order) override;
  void cancel(appserver_wait* wait) override;
  struct ev_loop* open_loop() override;
  std::uint64_t take_token(std::string_view key, std::uint64_t interval,
                           std::uint64_t tolerance) override;

  // The app took the loop for itself: nobody else may run it.
  [[nodiscard]] bool is_open() const noexcept { return is_open_; }
  // From now on the loop is not given away any more.
  void close_for_app() noexcept { may_open_ = false; }

 private:
  // Something that the app waits for. Used again and again.
  class Wait {
   public:
    explicit Wait(AppLoop& owner) noexcept : owner_(owner), io_(owner.loop_), timer_(owner.loop_) {}

    AppJob job;
    int fd = -1;
    int events = 0;
    std::optional<double> seconds;  // None: any time.
    bool is_cancelled = false;      // The first thread's.
    bool is_over = false;           // Of whoever has the loop: it has fired.

    void begin() noexcept;
    void end() noexcept;

   private:
    void on_ready(int events) noexcept;
    void on_time() noexcept;
    void fire(int result) noexcept;

    AppLoop& owner_;
    IoWatcher io_;
    TimerWatcher timer_;
  };

  void begin_orders();
  void run_fired(AppGate& gate);

  EventLoop& loop_;
  ipc::TokenTable& tokens_;
  Mailbox mailbox_;
  HandlerThreads* threads_ = nullptr;
  bool is_open_ = false;
  bool may_open_ = true;
  // The first thread's.
  std::deque<Wait> waits_;
  std::vector<Wait*> unused_;
  std::vector<Wait*> orders_;  // To be begun, or to be ended because they are cancelled.
  // Of whoever has the loop.
  std::vector<AppJob> jobs_;
  std::vector<Wait*> fired_;
  // While they are worked off.
  std::vector<AppJob> running_jobs_;
  std::vector<Wait*> running_fired_;
};

}  // namespace appserver::worker
