#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <appserver/request.hpp>
#include <appserver/response.hpp>
#include <appserver/streaming.hpp>

// Server-sent events (HTML standard, section 9.2): a stream of small messages that a browser reads
// with EventSource, and takes up again by itself when it ends.
//
//   app.get("/news", [](const appserver::Request& request) {
//     auto news = news_after(appserver::last_event_id(request));
//     return appserver::event_stream([news, at = 0U](appserver::EventWriter& out) mutable {
//       if (at == news.size()) {
//         out.retry(std::chrono::seconds(2));   // come back then
//         return false;                         // the stream ends here
//       }
//       out.send({.data = news[at].text, .id = news[at].id});
//       ++at;
//       return true;
//     });
//   });
//
// The source is asked whenever the client can take more, and cannot say "later" (a ResponseStream
// can: to_text() makes its events): when there is
// nothing to send it ends the stream, and the browser asks again after the `retry` time, with the
// id of the last event that it saw.
namespace appserver {

// What is sent at once; fields that are empty are left out.
struct Event {
  std::string_view data{};  // any text; each of its lines is sent as one
  std::string_view id{};    // empty: as before. The browser sends the last one when it returns
  std::string_view type{};  // empty: "message"; the name for addEventListener()
  std::optional<std::chrono::milliseconds> retry{};  // how long to wait before coming back
};

namespace detail {

inline void append_event_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\n");
}

// Appends one line for each line of `text`, which may end with LF, CR or both; text that ends with
// a line break has an empty last line, so that the browser gets exactly this text (with LF).
inline void append_event_lines(std::string& out, std::string_view name, std::string_view text) {
  for (;;) {
    const std::size_t end = text.find_first_of("\r\n");
    append_event_field(out, name, text.substr(0, end));
    if (end == std::string_view::npos) {
      return;
    }
    const bool both = text.substr(end).starts_with("\r\n");
    text.remove_prefix(end + (both ? 2 : 1));
  }
}

inline void check_event_line(std::string_view text, std::string_view forbidden, const char* what) {
  if (text.find_first_of(forbidden) != std::string_view::npos) {
    throw std::invalid_argument(std::string("server-sent event: ") + what +
                                " contains a line break or NUL");
  }
}

}  // namespace detail

// The bytes of an event, with the empty line at its end.
// Errors: throws std::invalid_argument when id or type contain a line break, or the id a NUL, which
// would make the browser ignore it. [any]
[[nodiscard]] inline std::string to_text(const Event& event) {
  using namespace std::string_view_literals;
  detail::check_event_line(event.id, "\r\n\0"sv, "the id");
  detail::check_event_line(event.type, "\r\n\0"sv, "the type");
  std::string out;
  out.reserve(event.data.size() + event.id.size() + event.type.size() + 32);
  if (!event.type.empty()) {
    detail::append_event_field(out, "event", event.type);
  }
  if (!event.id.empty()) {
    detail::append_event_field(out, "id", event.id);
  }
  if (event.retry) {
    const auto wait = std::max(*event.retry, std::chrono::milliseconds(0));
    detail::append_event_field(out, "retry", std::to_string(wait.count()));
  }
  detail::append_event_lines(out, "data", event.data);
  return out += "\n";
}

// The bytes of a comment, which browsers ignore: keeps proxies from thinking the stream is dead.
// An empty line follows, so that it may stand between any two events. [any]
[[nodiscard]] inline std::string to_event_comment(std::string_view text) {
  std::string out;
  detail::append_event_lines(out, "", text);
  return out += "\n";
}

// Takes the events of a stream. Valid while the source runs.
class EventWriter {
 public:
  explicit EventWriter(BodyWriter& out) noexcept : out_(out) {}

  // Errors: throws std::invalid_argument as to_text(), and what BodyWriter::write() throws.
  void send(const Event& event) { out_.write(to_text(event)); }
  void comment(std::string_view text) { out_.write(to_event_comment(text)); }
  // Tells the browser how long to wait before it comes back, without an event.
  void retry(std::chrono::milliseconds wait) {
    const auto count = std::max(wait, std::chrono::milliseconds(0)).count();
    out_.write("retry: " + std::to_string(count) + "\n\n");
  }

 private:
  BodyWriter& out_;
};

// The id of the last event that the client saw, when it comes back; else empty. [handler]
[[nodiscard]] inline std::string_view last_event_id(const Request& request) noexcept {
  return request.header("Last-Event-ID").value_or("");
}

// A response whose events `source` makes: it is called whenever the client can take more, writes at
// least one event or comment, and returns whether there are more; see stream() for its rules.
// The response may not be cached, and nginx is told not to collect it.
template <typename Source>
requires std::is_invocable_r_v<bool, Source&, EventWriter&>
[[nodiscard]] Response event_stream(Source source) {
  return stream("text/event-stream",
                [source = std::move(source)](BodyWriter& out) mutable {
                  EventWriter events(out);
                  return source(events);
                })
      .header("Cache-Control", "no-store")
      .header("X-Accel-Buffering", "no");
}

}  // namespace appserver
