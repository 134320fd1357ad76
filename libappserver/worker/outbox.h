#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "worker/app_body.h"
#include "worker/file_answer.h"

namespace appserver::worker {

// A file on its way to the client.
struct FileBody {
  FileAnswer answer;
  std::size_t piece = 0;
  std::uint64_t sent = 0;   // Of the current piece.
  bool introduced = false;  // The text in front of it is on its way.
};

// Has the app make the next piece of a body. Outside of the loop's dispatch only.
class BodyMaker {
 public:
  [[nodiscard]] virtual AppSource::Made make(AppSource& source, std::string& out) = 0;

 protected:
  ~BodyMaker() = default;
};

// The part of a response that the client has not taken yet: some bytes, and behind them perhaps a
// body that is a file or that the app makes. What it holds in memory is bounded by what the app
// writes at once. [worker]
class Outbox {
 public:
  enum class Progress {
    Done,      // Everything left.
    Blocked,   // The socket takes no more: wait until it is writable.
    Waits,     // The app has nothing to send now, and will say when it has.
    NeedsApp,  // The app must make the next piece, which is not allowed here and now.
    Broken,    // The client is gone, or the response cannot be completed: close.
  };
  using Body = std::variant<std::monostate, AppSource, FileBody>;

  // Appends bytes. Requires: no body was given yet.
  void add(std::string_view bytes) { text_.append(bytes); }
  // What follows the bytes.
  void set_body(AppSource source) { body_.emplace<AppSource>(std::move(source)); }
  void set_body(FileAnswer file) { body_.emplace<FileBody>(FileBody{std::move(file)}); }

  // Sends as much as the socket takes; at most some 128 KiB of what an app makes, so that a fast
  // client cannot keep the worker to itself (NeedsApp then). `app`: null where no code of the app
  // may run.
  Progress send(int fd, BodyMaker* app);

  // Bytes that have left since clear().
  [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }
  // What another worker can send as well: all that is left, when no body follows; nothing when one
  // does. Async-signal-safe.
  [[nodiscard]] std::optional<std::string_view> text_alone() const noexcept {
    return std::holds_alternative<std::monostate>(body_)
               ? std::optional(std::string_view(text_).substr(offset_))
               : std::nullopt;
  }
  [[nodiscard]] bool is_empty() const noexcept {
    return text_.empty() && std::holds_alternative<std::monostate>(body_);
  }

  // Forgets everything. Returns: the body that will not be sent, for the caller to let go of where
  // code of the app may run.
  Body clear();

 private:
  Progress send_text(int fd, bool more_follows);
  Progress send_file(int fd, FileBody& body);
  Progress send_piece(int fd, FileBody& body);
  Progress make_and_send(int fd, AppSource& source, BodyMaker& app);

  std::string text_;
  std::size_t offset_ = 0;  // Of text_: what has left.
  std::uint64_t sent_ = 0;
  Body body_;
};

}  // namespace appserver::worker
