#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <appserver/abi_async.h>
#include <appserver/testing/body_queue.hpp>
#include <appserver/testing/body_source.hpp>
#include <appserver/testing/exchange.hpp>
#include <appserver/testing/journal.hpp>
#include <appserver/testing/listener.hpp>
#include <appserver/testing/loop.hpp>
#include <appserver/testing/messages.hpp>
#include <appserver/testing/rules.hpp>

namespace appserver::testing {

// Not part of the user's interface: an exchange that the app may keep, to answer it later and from
// any thread. Lives until both the client and the app have let go of it.
class KeepableExchange final : private Exchange,
                               public std::enable_shared_from_this<KeepableExchange> {
 public:
  // The loop and the journal outlive it.
  KeepableExchange(Loop& loop, Journal& journal, std::shared_ptr<const Message> message,
                   const Origin& origin)
      : Exchange(std::move(message), origin), loop_(loop), journal_(journal) {}
  KeepableExchange(const KeepableExchange&) = delete;
  KeepableExchange& operator=(const KeepableExchange&) = delete;
  ~KeepableExchange() = default;

  using Exchange::handle;
  using Exchange::hints;
  using Exchange::let_body_stream;
  using Exchange::message;
  using Exchange::peer;
  using Exchange::receive_body;
  using Exchange::request;
  using Exchange::request_id;
  using Exchange::sink;

  // What the app reads of the body; when it takes none in.
  [[nodiscard]] BodyQueue& body() noexcept { return *body_; }
  [[nodiscard]] static BodyQueue& body_of(appserver_exchange* kept) { return self(kept).body(); }

  // --- the client's side ---
  [[nodiscard]] bool is_answered() {
    const std::lock_guard lock(mutex_);
    return Exchange::is_answered();
  }
  [[nodiscard]] bool was_kept() {
    const std::lock_guard lock(mutex_);
    return was_kept_;
  }
  void report_failure(std::int32_t result) {
    const std::lock_guard lock(mutex_);
    journal_.report_failure(message(), refusal(), result);
  }

  // Requires: answered. Once.
  struct Answer {
    Reply reply;
    std::optional<BodySource> source;
  };
  [[nodiscard]] Answer take_answer() {
    const std::lock_guard lock(mutex_);
    Answer answer{std::move(*reply()), std::nullopt};
    answer.reply.hints = std::move(hints());
    if (source()) {
      answer.source.emplace(std::move(*source()));
      if (was_kept_) {
        answer.source->let_wait();
      }
    }
    return answer;
  }
  // Nobody waits for the answer, or for the rest of it, any more: tells the app.
  void cancel() {
    Listener listener;
    {
      const std::lock_guard lock(mutex_);
      is_cancelled_ = true;
      if (!reply()) {
        reply().emplace();  // as good as one: no other is taken from here on
      }
      listener = std::exchange(listener_, {});
    }
    listener.tell(APPSERVER_CANCELLED);
  }
  // Whether a source that had nothing to say may have something now.
  [[nodiscard]] bool take_resumed() {
    const std::lock_guard lock(mutex_);
    return std::exchange(is_resumed_, false);
  }

  // --- the functions behind the pointers of appserver_host and appserver_stream ---
  static std::int32_t respond(appserver_exchange* exchange,
                              const appserver_response* response) noexcept {
    return self(exchange).answer([&] { return Exchange::respond(exchange, response); });
  }
  static std::int32_t respond_stream(appserver_exchange* exchange, const appserver_response* head,
                                     const appserver_body_source* source) noexcept {
    return self(exchange).answer([&] { return Exchange::respond_stream(exchange, head, source); });
  }
  static std::int32_t respond_file(appserver_exchange* exchange, const appserver_response* head,
                                   std::int32_t fd) noexcept {
    return self(exchange).answer([&] { return Exchange::respond_file(exchange, head, fd); });
  }
  static std::int32_t inform(appserver_exchange* exchange, std::uint32_t status,
                             const appserver_header* headers, std::size_t count) noexcept {
    return self(exchange).answer(
        [&] { return Exchange::inform(exchange, status, headers, count); });
  }

  // --- and of appserver_async ---
  static appserver_exchange* defer(appserver_exchange* exchange) noexcept {
    KeepableExchange& own = self(exchange);
    const std::lock_guard lock(own.mutex_);
    if (own.was_kept_ || own.is_settled()) {
      return nullptr;
    }
    own.was_kept_ = true;
    own.kept_ = own.shared_from_this();
    return exchange;
  }
  static const appserver_request* request_of(appserver_exchange* kept) noexcept {
    return &self(kept).request();
  }
  static void release(appserver_exchange* kept) noexcept {
    KeepableExchange& own = self(kept);
    own.listen({});
    std::shared_ptr<KeepableExchange> last;  // goes after the lock
    const std::lock_guard lock(own.mutex_);
    if (!own.Exchange::is_answered()) {
      own.journal_.report_failure(own.message(), own.refusal(), APPSERVER_OK);
      own.reply() = rules::failure_reply(500);
    }
    last = std::move(own.kept_);
    own.loop_.wake();
  }
  static std::int32_t is_cancelled(appserver_exchange* kept) noexcept {
    KeepableExchange& own = self(kept);
    const std::lock_guard lock(own.mutex_);
    return own.is_cancelled_ ? 1 : 0;
  }
  static void on_cancel(appserver_exchange* kept, appserver_callback callback,
                        void* state) noexcept {
    self(kept).listen({callback, state});
  }
  static void resume(appserver_exchange* kept) noexcept {
    KeepableExchange& own = self(kept);
    const std::lock_guard lock(own.mutex_);
    own.is_resumed_ = true;
    own.loop_.wake();
  }

 private:
  [[nodiscard]] static KeepableExchange& self(appserver_exchange* exchange) noexcept {
    return static_cast<KeepableExchange&>(Exchange::self(exchange));
  }

  // Lets `take` answer; it refuses when there is an answer. Returns: what it returns.
  template <typename Take>
  [[nodiscard]] std::int32_t answer(const Take& take) {
    const std::lock_guard lock(mutex_);
    const std::int32_t result = take();
    loop_.wake();
    return result;
  }

  void listen(Listener listener) {
    Listener replaced;
    {
      const std::lock_guard lock(mutex_);
      replaced = std::exchange(listener_, listener);
      if (is_cancelled_ && listener.callback != nullptr) {
        auto own = std::make_unique<std::shared_ptr<KeepableExchange>>(shared_from_this());
        if (loop_.post(&KeepableExchange::tell_late, own.get())) {
          static_cast<void>(own.release());
        }
      }
    }
    replaced.tell(APPSERVER_NOT_CANCELLED);
  }
  static void tell_late(void* state, std::int32_t) noexcept {
    const std::unique_ptr<std::shared_ptr<KeepableExchange>> own(
        static_cast<std::shared_ptr<KeepableExchange>*>(state));
    (*own)->cancel();
  }

  Loop& loop_;
  Journal& journal_;
  std::shared_ptr<BodyQueue> body_ = std::make_shared<BodyQueue>(loop_);
  std::mutex mutex_;                        // Guards what follows, and the answer.
  std::shared_ptr<KeepableExchange> kept_;  // By the app, until it lets go.
  bool was_kept_ = false;
  bool is_cancelled_ = false;
  bool is_resumed_ = false;
  Listener listener_;
};

}  // namespace appserver::testing
