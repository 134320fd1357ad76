#include "chat.h"

#include <charconv>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

namespace chat {
namespace {

constexpr ev_tstamp kCatchUpSeconds = 0.02;
// For clients whose connection breaks: when a stream is ended in good order, they are told another.
constexpr std::chrono::milliseconds kRetry{1000};

class StreamOutlet final : public Outlet {
 public:
  explicit StreamOutlet(appserver::ResponseStream stream) : stream_(std::move(stream)) {}
  bool push(std::string_view bytes) override { return stream_.push(bytes); }
  [[nodiscard]] std::size_t buffered() const override { return stream_.buffered(); }
  void finish() override { stream_.finish(); }

 private:
  appserver::ResponseStream stream_;
};

// The first read of the journal; what comes later is added to it.
History history_of(const Journal& journal) {
  const std::uint64_t last = journal.last();
  const std::vector<Entry> entries = journal.after(0);
  History history(Journal::kSlots, entries.empty() ? last : entries.front().id - 1);
  for (const Entry& entry : entries) {
    history.add(entry);
  }
  return history;
}

std::size_t number_from(const char* variable, std::size_t otherwise) {
  const char* const value = std::getenv(variable);
  if (value == nullptr || *value == '\0') {
    return otherwise;
  }
  const std::string_view text(value);
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0) {
    throw std::invalid_argument(std::string(variable) + "=" + value + ": not a number above 0");
  }
  return number;
}

}  // namespace

Settings settings_from_environment() {
  Settings settings;
  if (const char* path = std::getenv("CHAT_JOURNAL"); path != nullptr && *path != '\0') {
    settings.journal = path;
  }
  settings.limits.places = number_from("CHAT_PLACES", settings.limits.places);
  const auto heartbeat = static_cast<std::size_t>(settings.heartbeat.count());
  settings.heartbeat = std::chrono::milliseconds(number_from("CHAT_HEARTBEAT_MS", heartbeat));
  return settings;
}

Chat::Chat(const Settings& settings, appserver::Log log, std::string greeting)
    : settings_(settings),
      log_(log),
      greeting_(std::move(greeting)),
      journal_(settings.journal),
      history_(history_of(journal_)),
      audience_(history_, settings.limits, [log](const std::string& room, std::size_t behind) {
        log.warning("a listener of room " + room + " is too slow, and was ended " +
                    std::to_string(behind) + " messages behind");
      }) {}

Chat::~Chat() {
  if (loop_ != nullptr) {
    ev_timer_stop(loop_, &catching_up_);
    ev_timer_stop(loop_, &beating_);
  }
}

void Chat::follow(struct ev_loop* loop) {
  watch_ = std::make_unique<FileWatch>(loop, settings_.journal, [this] { try_to_read_journal(); });
  loop_ = loop;
  ev_timer_init(&catching_up_, &Chat::on_timer<&Chat::catch_up>, 0., kCatchUpSeconds);
  catching_up_.data = this;
  const ev_tstamp beat = std::chrono::duration<ev_tstamp>(settings_.heartbeat).count();
  ev_timer_init(&beating_, &Chat::on_timer<&Chat::beat>, beat, beat);
  beating_.data = this;
  ev_timer_start(loop_, &beating_);
  read_journal();  // What was written before it was watched.
}

// No exception may leave a callback of libev.
template <Chat::Timer function>
void Chat::on_timer(struct ev_loop*, ev_timer* timer, int) noexcept {
  Chat& self = *static_cast<Chat*>(timer->data);
  try {
    (self.*function)();
  } catch (const std::exception& error) {
    self.log_.error(error.what());
  }
}

void Chat::try_to_read_journal() noexcept {
  try {
    read_journal();
  } catch (const std::exception& error) {
    log_.error(error.what());
  }
}

void Chat::read_journal() {
  std::set<std::string> rooms;
  bool is_complete = true;
  for (const Entry& entry : journal_.after(history_.last())) {
    is_complete = history_.add(entry) && is_complete;
    rooms.insert(entry.room);
  }
  if (!is_complete) {
    log_.warning("this worker has missed messages; its listeners have to come back");
    audience_.dismiss();
  }
  for (const std::string& room : rooms) {
    if (audience_.tell(room)) {
      catch_up_from_now_on();
    }
  }
}

void Chat::catch_up_from_now_on() {
  if (!ev_is_active(&catching_up_)) {
    ev_timer_again(loop_, &catching_up_);
  }
}

void Chat::catch_up() {
  if (!audience_.catch_up()) {
    ev_timer_stop(loop_, &catching_up_);
  }
}

void Chat::beat() {
  audience_.beat();
}

std::uint64_t Chat::say(std::string_view room, std::string_view text) {
  return journal_.append(room, text);
}

void Chat::listen(const std::string& room, const Beginning& beginning,
                  appserver::Responder responder) {
  if (audience_.is_full()) {
    throw appserver::HttpError(503, "no place is free, come back later");
  }
  read_journal();  // The client may have heard from another worker what this one has yet to read.
  std::uint64_t position =
      beginning.behind.value_or(history_.position_before(room, beginning.recent));
  const bool has_gap = position < history_.complete_since() || position > history_.last();
  if (has_gap) {
    position = history_.complete_since();
  }
  const std::uint64_t number = audience_.next_number();
  responder.on_cancel([this, number, room] { audience_.leave(number, room); });
  auto stream = std::make_unique<StreamOutlet>(
      responder.start(appserver::Response()
                          .header("Content-Type", "text/event-stream")
                          .header("Cache-Control", "no-store")
                          .header("X-Accel-Buffering", "no")));
  const std::string id = std::to_string(position);
  stream->push(appserver::to_text(
      {.data = greeting_, .id = id, .type = has_gap ? "gap" : "welcome", .retry = kRetry}));
  if (audience_.join(number, room, position, std::move(stream))) {
    catch_up_from_now_on();
  }
  if (is_leaving_) {
    audience_.dismiss();
  }
}

void Chat::say_goodbye() {
  is_leaving_ = true;
  audience_.dismiss();
}

}  // namespace chat
