#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "admin/desk.h"
#include "base/event_loop.h"
#include "ipc/channel.h"
#include "ipc/messages.h"
#include "ipc/scoreboard.h"
#include "observe/server_report.h"

namespace appserver::admin {

// The admin process's end of the talk with the master: asks, and gives each answer to whoever waits
// for it. One thread, that of the loop. [admin]
class MasterLink final : public Desk {
 public:
  MasterLink(ipc::Channel channel, const ipc::Scoreboard& scoreboard)
      : channel_(std::move(channel)), scoreboard_(scoreboard) {}
  MasterLink(const MasterLink&) = delete;
  MasterLink& operator=(const MasterLink&) = delete;
  ~MasterLink() = default;

  void begin(struct ev_loop* loop) override;
  void end() override;
  void look(View view, TakeText take) override;
  [[nodiscard]] std::optional<Refusal> command(std::string_view name, std::string_view body,
                                               Asker asker, TakeLine take) override;
  void follow_events(TakeEvent take) override;

 private:
  static constexpr std::size_t kMostEvents = 100;

  void on_message(int) noexcept;
  void take(const ipc::Message& message);
  void tell_event(std::string line);
  [[nodiscard]] bool send(const ipc::Message& message);

  struct Question {
    View view;
    TakeText take;
    observe::ServerReport report;
  };

  ipc::Channel channel_;
  const ipc::Scoreboard& scoreboard_;
  std::unique_ptr<EventLoop> loop_;  // The worker's, borrowed.
  std::unique_ptr<IoWatcher> watcher_;
  // By chance, so that what the master says to an earlier process of this kind, which has died,
  // concerns nobody here.
  std::uint32_t last_id_ = std::random_device{}();
  std::map<std::uint32_t, Question> questions_;
  std::map<std::uint32_t, TakeLine> commands_;
  std::deque<std::string> events_;
  std::deque<TakeEvent> listeners_;
};

}  // namespace appserver::admin
