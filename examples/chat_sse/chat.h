#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <ev.h>

#include <appserver/app.hpp>

#include "audience.h"
#include "file_watch.h"
#include "history.h"
#include "journal.h"

namespace chat {

struct Settings {
  std::string journal = "chat.journal";
  Limits limits{};
  std::chrono::milliseconds heartbeat{15'000};
};

// The settings from the environment: CHAT_JOURNAL, CHAT_PLACES, CHAT_HEARTBEAT_MS.
// Errors: throws std::invalid_argument that names the variable.
[[nodiscard]] Settings settings_from_environment();

// Where a listener wants to begin.
struct Beginning {
  std::optional<std::uint64_t> behind;  // The last message that it has; none: it is new.
  std::size_t recent = 0;               // So many messages from before, for one that is new.
};

// The chat in a worker: what is said goes into the journal, and what comes out of there, whoever
// said it, goes to the listeners of this worker. [worker]
class Chat {
 public:
  // `greeting` is the text of each stream's first event. Errors: throws what Journal() throws.
  Chat(const Settings& settings, appserver::Log log, std::string greeting);
  Chat(const Chat&) = delete;
  Chat& operator=(const Chat&) = delete;
  ~Chat();

  // Follows the journal on the worker's loop, which outlives this object. Errors: throws as
  // FileWatch().
  void follow(struct ev_loop* loop);

  // Says something in a room. Returns: the message's id. Errors: throws as Journal::append().
  std::uint64_t say(std::string_view room, std::string_view text);

  // Streams the room's messages to a client until one of the two ends that.
  // Errors: throws HttpError(503) when there is no place.
  void listen(const std::string& room, const Beginning& beginning, appserver::Responder responder);

  // Ends all streams, and those to come when they have got what they miss.
  void say_goodbye();

 private:
  using Timer = void (Chat::*)();
  template <Timer function>
  static void on_timer(struct ev_loop*, ev_timer* timer, int) noexcept;
  void read_journal();
  void try_to_read_journal() noexcept;
  void catch_up_from_now_on();
  void catch_up();
  void beat();

  Settings settings_;
  appserver::Log log_;
  const std::string greeting_;
  Journal journal_;
  History history_;
  Audience audience_;
  bool is_leaving_ = false;
  struct ev_loop* loop_ = nullptr;
  std::unique_ptr<FileWatch> watch_;
  ev_timer
      catching_up_{};  // Runs while somebody is behind: nobody tells when a client can take more.
  ev_timer beating_{};
};

}  // namespace chat
