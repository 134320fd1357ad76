#include "routes.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/middleware/body_limit.hpp>

#include "page.h"

using appserver::HttpError;
using appserver::Request;
using appserver::Responder;
using appserver::Response;

namespace chat {
namespace {

constexpr std::size_t kMostRecent = 100;

std::string room_of(const Request& request) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  const std::string_view room = request.param("room");
  if (room.size() > kMaxRoom || room.find_first_not_of(kAllowed) != room.npos) {
    throw HttpError(400, "the name of a room: 1 to 64 letters, digits, - and _");
  }
  return std::string(room);
}

// The whole of `text` as a number. Errors: throws HttpError(400).
template <typename Number>
Number parse(std::string_view text, const char* what) {
  Number number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) {
    throw HttpError(400, std::string(what) + ": not a number that was given here");
  }
  return number;
}

Beginning beginning_of(const Request& request) {
  Beginning beginning;
  if (const std::string_view id = appserver::last_event_id(request); !id.empty()) {
    beginning.behind = parse<std::uint64_t>(id, "Last-Event-ID");
  } else if (const auto recent = request.query("recent")) {
    beginning.recent = std::min(parse<std::size_t>(*recent, "recent"), kMostRecent);
  }
  return beginning;
}

Response say(Chat& chat, const Request& request) {
  const std::string room = room_of(request);
  if (request.body().empty()) {
    throw HttpError(400, "a message: 1 to 2000 bytes");
  }
  const std::uint64_t id = chat.say(room, request.body());
  return appserver::text(std::to_string(id) + "\n").status(201);
}

}  // namespace

void add_routes(appserver::App& app, const ChatOfWorker& chat) {
  app.get("/", [](const Request&) { return appserver::html(kPage); });
  app.group("/rooms/{room}", [&chat](appserver::Group& room) {
    room.use(appserver::limit_body(kMaxText));
    room.post("/messages", [&chat](const Request& request) { return say(*chat, request); });
    room.get("/events", [&chat](const Request& request, Responder responder) {
      chat->listen(room_of(request), beginning_of(request), std::move(responder));
    });
    // As HEAD of the route above, it would take a place.
    room.head("/events", [](const Request& request) {
      static_cast<void>(room_of(request));
      return appserver::bytes("", "text/event-stream");
    });
  });
}

}  // namespace chat
