#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "chaos/question.h"
#include "chaos/tally.h"
#include "support/address.h"
#include "support/http_response.h"

namespace appserver::chaos {

using Time = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

// How a client behaves.
enum class Habit : std::uint8_t {
  Busy,      // One connection, request after request.
  Thinking,  // One connection, idle most of the time.
  OneShot,   // A connection for each request.
  Slow,      // One connection; header and body come in pieces, with pauses between them.
  Once,      // A single question, on a connection of its own.
};

// How many clients of each habit there are, and how long their pauses are: on average, since each
// pause varies from the half to three halves of it.
struct CrowdPlan {
  unsigned busy = 12;
  unsigned thinking = 40;
  unsigned one_shot = 6;
  unsigned slow = 12;
  milliseconds busy_pause{1};
  milliseconds think_time{300};
  milliseconds one_shot_pause{5};
  milliseconds piece_pause{20};
  // How long a client waits for an answer. Only a server that forgot the request shall take so
  // long, and no machine that is busy with other things.
  milliseconds patience{30'000};
  bool bodies = true;  // Whether requests may have bodies.
};

// What the clients of a crowd share. Used by the crowd's thread; all of it outlives the clients.
struct Surroundings {
  const test::Address& address;
  const CrowdPlan& plan;
  Tally& tally;
  Questions& questions;
  int epoll = -1;
  bool stopping = false;  // No more questions.
};

// A client with one connection at a time. It checks each answer byte for byte, and has a column for
// every ending. It never blocks: the crowd's thread calls it when there is something to do.
//
// States: Resting (no connection) -> Connecting -> Asking <-> Idle; from everywhere to Resting when
// the connection ends.
class Client {
 public:
  Client(Surroundings& surroundings, Habit habit, Time first_question);
  // Asks `question` once; it was to be asked at `since`.
  Client(Surroundings& surroundings, Question question, Time since);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() = default;

  // Something happened to its socket.
  void on_ready(Time now);
  // Does what its own clock tells it to do: ask, send the next piece, lose patience.
  void wake(Time now);

  // Whether it waits for an answer, or is about to ask.
  [[nodiscard]] bool has_request() const { return has_request_; }
  // When it began to.
  [[nodiscard]] Time begun() const { return begun_; }
  // Whether it will never do anything again.
  [[nodiscard]] bool is_done() const;

 private:
  enum class State : std::uint8_t { Resting, Connecting, Asking, Idle };

  void begin_request(Time now);
  void connect(Time now);
  void finish_connecting(Time now);
  void start_asking(Time now);
  void send_some(Time now);
  void receive(Time now);
  void look_for_answer(Time now, bool at_end, int error);
  void take_answer(const test::ParsedResponse& answer, Time now);
  void notice_end(Time now, int error);
  void lose(Column column, std::string_view what, Time now);
  void hang_up();
  [[nodiscard]] bool keeps_connection() const;
  [[nodiscard]] milliseconds some(milliseconds average);
  [[nodiscard]] milliseconds pause();

  Surroundings& surroundings_;
  const Habit habit_;
  State state_ = State::Resting;
  bool has_request_ = false;
  int send_error_ = 0;
  UniqueFd socket_;
  Question question_;
  std::string input_;
  std::size_t sent_ = 0;
  std::size_t may_send_ = 0;  // How much of the question may have been sent by now.
  std::size_t piece_ = 0;
  Time wake_at_;  // When it asks the next question or sends the next piece.
  Time begun_{};  // When it began with this question.
  Time asked_{};  // When the server had all that it needs for an answer.
};

}  // namespace appserver::chaos
