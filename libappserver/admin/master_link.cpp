#include "admin/master_link.h"

#include <chrono>
#include <utility>

#include "base/clock.h"
#include "observe/command_json.h"

namespace appserver::admin {
namespace {

constexpr const char* kSilent = "the master does not answer";

std::int64_t now_milliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string text_of(const observe::ServerReport& report, Desk::View view) {
  switch (view) {
    case Desk::View::Workers:
      return observe::workers_json(report);
    case Desk::View::Releases:
      return observe::releases_json(report);
    case Desk::View::Metrics:
      return observe::metrics_text(report);
    case Desk::View::Status:
      break;
  }
  return observe::status_json(report, now_milliseconds());
}

}  // namespace

void MasterLink::begin(struct ev_loop* loop) {
  channel_.set_non_blocking();
  loop_ = std::make_unique<EventLoop>(loop);
  watcher_ = std::make_unique<IoWatcher>(*loop_);
  watcher_->start<&MasterLink::on_message>(this, channel_.fd(), IoWatcher::kReadable);
}

void MasterLink::end() {
  watcher_.reset();
  loop_.reset();
  listeners_.clear();
}

bool MasterLink::send(const ipc::Message& message) {
  return channel_.send(message).has_value();
}

void MasterLink::look(View view, TakeText take) {
  const std::uint32_t id = ++last_id_;
  if (!send(ipc::SnapshotWanted{id})) {
    take(std::nullopt);
    return;
  }
  questions_.emplace(id, Question{view, std::move(take), {}});
}

std::optional<Desk::Refusal> MasterLink::command(std::string_view name, std::string_view body,
                                                 Asker asker, TakeLine take) {
  auto given = observe::read_command(name, body);
  if (!given) {
    return Refusal{400, given.error().message};
  }
  given->id = ++last_id_;
  given->uid = asker.uid;
  given->pid = asker.pid;
  if (!send(*given)) {
    return Refusal{503, kSilent};
  }
  commands_.emplace(given->id, std::move(take));
  return std::nullopt;
}

void MasterLink::follow_events(TakeEvent take) {
  for (const std::string& line : events_) {
    if (!take(line)) {
      return;
    }
  }
  listeners_.push_back(std::move(take));
}

void MasterLink::tell_event(std::string line) {
  std::erase_if(listeners_, [&line](const TakeEvent& take) { return !take(line); });
  events_.push_back(std::move(line));
  if (events_.size() > kMostEvents) {
    events_.pop_front();
  }
}

// The end of the channel is the end of the master; its other channel has the worker drain.
void MasterLink::on_message(int) noexcept {
  while (true) {
    auto received = channel_.receive();
    if (received) {
      take(received->message);
    } else if (received.error() == ipc::NothingReceived::PeerGone) {
      watcher_->stop();
      return;
    } else if (received.error() == ipc::NothingReceived::NotNow) {
      return;
    }
  }
}

void MasterLink::take(const ipc::Message& message) {
  std::visit(
      [this]<typename M>(const M& one) {
        if constexpr (std::is_same_v<M, ipc::SnapshotEnd>) {
          if (auto question = questions_.extract(one.id); !question.empty()) {
            Question& asked = question.mapped();
            asked.report.slots = observe::read_slots(scoreboard_, Clock::now());
            asked.take(text_of(asked.report, asked.view));
          }
        } else if constexpr (std::is_same_v<M, ipc::CommandProgress>) {
          if (const auto command = commands_.find(one.id); command != commands_.end()) {
            command->second(observe::progress_line(one), false);
          }
        } else if constexpr (std::is_same_v<M, ipc::CommandEnded>) {
          if (auto command = commands_.extract(one.id); !command.empty()) {
            command.mapped()(observe::result_line(one), true);
          }
        } else if constexpr (std::is_same_v<M, ipc::EventTold>) {
          tell_event(one.line);
        } else if constexpr (requires(observe::ServerReport report) {
                               observe::add_facts(report, one);
                             }) {
          if (const auto question = questions_.find(one.id); question != questions_.end()) {
            observe::add_facts(question->second.report, one);
          }
        }
      },
      message);
}

}  // namespace appserver::admin
