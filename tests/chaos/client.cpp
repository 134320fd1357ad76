#include "chaos/client.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>

namespace appserver::chaos {
namespace {

// A slow sender's question comes in about so many pieces.
constexpr std::size_t kPieces = 6;

// After a connection was lost or refused, so that a server that is down is not drowned in connects.
constexpr milliseconds kPauseAfterLoss{50};

constexpr Time kNever = Time::max();

}  // namespace

Client::Client(Surroundings& surroundings, Habit habit, Time first_question)
    : surroundings_(surroundings), habit_(habit), wake_at_(first_question) {}

Client::Client(Surroundings& surroundings, Question question, Time since)
    : surroundings_(surroundings),
      habit_(Habit::Once),
      has_request_(true),
      question_(std::move(question)),
      wake_at_(since),
      begun_(since) {}

bool Client::is_done() const {
  return habit_ == Habit::Once && state_ == State::Resting && !has_request_;
}

void Client::wake(Time now) {
  if (state_ == State::Resting || state_ == State::Idle) {
    if (habit_ == Habit::Once ? has_request_ : !surroundings_.stopping) {
      if (wake_at_ <= now) {
        begin_request(now);
      }
    } else {
      hang_up();
    }
    return;
  }
  if (now - begun_ >= surroundings_.plan.patience) {
    lose(Column::TimedOut, "no answer in time", now);
  } else if (state_ == State::Asking && wake_at_ <= now) {
    wake_at_ = now + some(surroundings_.plan.piece_pause);
    may_send_ = std::min(may_send_ + piece_, question_.bytes.size());
    send_some(now);
  }
}

void Client::begin_request(Time now) {
  if (habit_ == Habit::Slow) {
    question_ = surroundings_.questions.next_for_slow_sender();
  } else if (habit_ != Habit::Once) {
    question_ = surroundings_.questions.next();
  }
  if (habit_ == Habit::OneShot && surroundings_.questions.random()() % 2 == 0) {
    question_ = Questions::last_on_connection(std::move(question_));
  }
  if (habit_ != Habit::Once) {
    begun_ = now;
  }
  has_request_ = true;
  asked_ = now;
  if (state_ == State::Idle) {
    start_asking(now);
  } else {
    connect(now);
  }
}

void Client::connect(Time now) {
  state_ = State::Connecting;
  input_.clear();
  send_error_ = 0;
  socket_ = test::start_connecting(surroundings_.address);
  if (!socket_.is_open()) {
    if (errno == EMFILE || errno == ENFILE) {
      throw std::runtime_error("the load generator itself has no descriptor left");
    }
    lose(Column::Refused, std::strerror(errno), now);
    return;
  }
  // Edge-triggered, both ways: told once, and never asked for again.
  epoll_event wanted{};
  wanted.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  wanted.data.ptr = this;
  if (::epoll_ctl(surroundings_.epoll, EPOLL_CTL_ADD, socket_.get(), &wanted) != 0) {
    throw std::runtime_error("epoll does not take a socket");
  }
}

void Client::on_ready(Time now) {
  if (state_ == State::Connecting) {
    finish_connecting(now);
  }
  if (state_ == State::Asking) {
    send_some(now);
  }
  if (state_ == State::Asking || state_ == State::Idle) {
    receive(now);
  }
}

void Client::finish_connecting(Time now) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error == ECONNREFUSED) {
    lose(Column::Refused, std::strerror(error), now);
  } else if (error != 0) {
    lose(Column::Reset, std::strerror(error), now);
  } else {
    start_asking(now);
  }
}

void Client::start_asking(Time now) {
  state_ = State::Asking;
  sent_ = 0;
  const std::size_t size = question_.bytes.size();
  piece_ = habit_ == Habit::Slow ? size / kPieces + 1 : size;
  may_send_ = piece_;
  wake_at_ = now + some(surroundings_.plan.piece_pause);
  send_some(now);
}

void Client::send_some(Time now) {
  while (sent_ < may_send_ && send_error_ == 0) {
    const ssize_t count =
        ::send(socket_.get(), question_.bytes.data() + sent_, may_send_ - sent_, MSG_NOSIGNAL);
    if (count < 0) {
      // An error is no verdict yet: the answer, or the reason, may wait to be read.
      send_error_ = errno == EAGAIN ? 0 : errno;
      return;
    }
    sent_ += static_cast<std::size_t>(count);
    if (keeps_connection()) {
      asked_ = now;  // Others wait also for the connection: their time began with the connect.
    }
  }
}

void Client::receive(Time now) {
  std::array<char, 64 * 1024> part;
  while (true) {
    const ssize_t count = ::recv(socket_.get(), part.data(), part.size(), 0);
    if (count > 0) {
      input_.append(part.data(), static_cast<std::size_t>(count));
      continue;
    }
    const int error = count < 0 ? errno : 0;
    if (error == EAGAIN) {
      look_for_answer(now, false, 0);
    } else {
      look_for_answer(now, true, error);
    }
    return;
  }
}

void Client::look_for_answer(Time now, bool at_end, int error) {
  if (state_ == State::Asking) {
    try {
      if (const auto answer = test::parse_response(input_, false, at_end)) {
        take_answer(*answer, now);
      }
    } catch (const std::runtime_error& malformed) {
      lose(Column::Wrong, malformed.what(), now);
    }
  }
  if (state_ == State::Idle && !input_.empty()) {
    lose(Column::Wrong, "bytes that nobody asked for: " + input_.substr(0, 300), now);
  } else if (at_end && (state_ == State::Asking || state_ == State::Idle)) {
    notice_end(now, error != 0 ? error : send_error_);
  }
}

void Client::take_answer(const test::ParsedResponse& parsed, Time now) {
  const test::HttpResponse& answer = parsed.response;
  const Column column = judge(question_, answer);
  if (column == Column::Wrong) {
    lose(column, std::to_string(answer.status) + " " + answer.body.substr(0, 300), now);
    return;
  }
  surroundings_.tally.count(Column::Requests);
  surroundings_.tally.count(column);
  // Who asks for harm does not complain of waiting, and errors have columns of their own.
  if (habit_ != Habit::Once && column == Column::Answered) {
    surroundings_.tally.note_answer(
        std::chrono::duration_cast<std::chrono::microseconds>(now - asked_));
  }
  const bool is_early = sent_ < question_.bytes.size();  // What is left must not follow.
  has_request_ = false;
  wake_at_ = now + pause();
  if (answer.announces_close()) {
    if (!question_.ends_connection) {
      surroundings_.tally.count(Column::Announced);
    }
    hang_up();
  } else if (is_early || !keeps_connection()) {
    hang_up();
  } else {
    state_ = State::Idle;
    input_.erase(0, parsed.size);
  }
}

void Client::notice_end(Time now, int error) {
  if (error != 0) {
    lose(Column::Reset, std::strerror(error), now);
  } else if (input_.empty()) {
    lose(Column::Unannounced,
         state_ == State::Idle ? "closed while idle" : "closed without an answer", now);
  } else {
    lose(Column::Cut, "closed after " + std::to_string(input_.size()) + " bytes of the answer",
         now);
  }
}

void Client::lose(Column column, std::string_view what, Time now) {
  const auto took = std::chrono::duration_cast<milliseconds>(now - begun_);
  const std::string where = has_request_ ? question_.name + ", " + std::to_string(sent_) + " of " +
                                               std::to_string(question_.bytes.size()) +
                                               " bytes sent, begun " +
                                               std::to_string(took.count()) + " ms before"
                                         : "between requests";
  surroundings_.tally.complain(column, std::string(what) + " (" + where + ")");
  if (has_request_) {
    surroundings_.tally.count(Column::Requests);
  }
  has_request_ = false;
  wake_at_ = now + kPauseAfterLoss;
  hang_up();
}

void Client::hang_up() {
  socket_.reset();  // Which also takes it out of the epoll set.
  state_ = State::Resting;
}

bool Client::keeps_connection() const {
  return habit_ != Habit::OneShot && habit_ != Habit::Once;
}

// From the half to three halves of it.
milliseconds Client::some(milliseconds average) {
  const auto span = static_cast<unsigned>(average.count()) + 1;
  return average / 2 + milliseconds(surroundings_.questions.random()() % span);
}

milliseconds Client::pause() {
  switch (habit_) {
    case Habit::Busy:
    case Habit::Slow:
      return some(surroundings_.plan.busy_pause);
    case Habit::Thinking:
      return some(surroundings_.plan.think_time);
    case Habit::OneShot:
      return some(surroundings_.plan.one_shot_pause);
    case Habit::Once:
      break;
  }
  return milliseconds(0);
}

}  // namespace appserver::chaos
