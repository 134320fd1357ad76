#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "support/address.h"
#include "support/eventually.h"

namespace appserver::test {

struct ReceivedEvent {
  std::string type;  // Empty: "message".
  std::string id;
  std::string data;
};

// A client of server-sent events as browsers have it (EventSource): when its stream ends it comes
// back after the time that it was told, with the id of the last event; on the same connection if
// that is still there. Reads when it is asked to: see receive_until().
// Errors: throws std::runtime_error for what is no stream of events in chunks.
class EventClient {
 public:
  // Connects and asks at once. `last_id`: of an earlier stream.
  EventClient(Address address, std::string target, std::string last_id = {});

  // Takes in what is there, and comes back if it is time to.
  void step();

  [[nodiscard]] int fd() const noexcept { return socket_.get(); }  // -1: it waits.
  // All that came, in order.
  [[nodiscard]] const std::vector<ReceivedEvent>& events() const noexcept { return events_; }
  // The data of those without a type; and of those with this one.
  [[nodiscard]] std::vector<std::string> messages() const { return data_of(""); }
  [[nodiscard]] std::vector<std::string> data_of(std::string_view type) const;
  [[nodiscard]] std::size_t message_count() const noexcept { return message_count_; }
  [[nodiscard]] std::size_t comments() const noexcept { return comments_; }
  // How many streams ended in good order; and how many with their connection, in the middle.
  [[nodiscard]] unsigned ends() const noexcept { return ends_; }
  [[nodiscard]] unsigned cuts() const noexcept { return cuts_; }

 private:
  using Time = std::chrono::steady_clock::time_point;

  void connect();
  void ask();
  void receive();
  void take_input();
  [[nodiscard]] bool take_head();
  [[nodiscard]] bool take_chunk(std::size_t& taken);
  void take_events();
  void take_event(std::string_view lines);
  void come_back_later() { comes_back_at_ = std::chrono::steady_clock::now() + retry_; }

  const Address address_;
  const std::string target_;
  UniqueFd socket_;
  bool is_streaming_ = false;  // The head has come.
  bool waits_ = false;         // Until comes_back_at_.
  Time comes_back_at_{};
  milliseconds retry_{100};
  std::string last_id_;
  std::string input_;  // As it came.
  std::string text_;   // Of the stream, without its chunks.
  std::vector<ReceivedEvent> events_;
  std::size_t message_count_ = 0;
  std::size_t comments_ = 0;
  unsigned ends_ = 0;
  unsigned cuts_ = 0;
};

using EventClients = std::vector<std::unique_ptr<EventClient>>;

// Sleeps until there is something for one of them, or some milliseconds; and lets all do a step.
void step_all(const EventClients& clients);

// Lets all of them receive until `predicate` is true of each. Ends the test case as failed when the
// deadline passes.
template <typename Predicate>
void receive_until(const EventClients& clients, milliseconds deadline, std::string_view what,
                   Predicate predicate) {
  eventually(deadline, what, [&] {
    step_all(clients);
    for (const auto& client : clients) {
      if (!predicate(*client)) {
        return false;
      }
    }
    return true;
  });
}

}  // namespace appserver::test
