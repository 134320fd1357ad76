#include "master/closing_listeners.h"

#include <cerrno>
#include <string_view>
#include <utility>

namespace appserver::master {
namespace {

// A handshake takes a round trip; a second is also when a client sends its first packet again (RFC
// 6298 section 2.1), so that one whose packet was dropped is refused then, and not later.
constexpr double kHandshakeSeconds = 1.0;

// How long to wait when the handoff queue is full or descriptors have run out.
constexpr double kRetrySeconds = 0.005;

}  // namespace

ClosingListeners::Closing::Closing(ClosingListeners& all, net::Listener listener)
    : all_(all),
      listener_(std::move(listener)),
      queue_(all.loop_),
      handshakes_(all.loop_),
      retry_(all.loop_) {
  awaits_handshakes_ = listener_.shut_door();
  if (awaits_handshakes_) {
    queue_.start<&Closing::on_ready>(this, listener_.fd(), IoWatcher::kReadable);
    handshakes_.start<&Closing::end_of_handshakes>(this, kHandshakeSeconds);
  }
}

void ClosingListeners::Closing::empty_queue() noexcept {
  is_held_up_ = false;
  while (hand_over()) {
    auto accepted = net::accept_connection(listener_.fd());
    if (!accepted) {
      is_held_up_ = accepted.error() != EAGAIN && accepted.error() != EINVAL;
      break;
    }
    in_hand_ = std::move(*accepted);
  }
  if (is_held_up_) {
    queue_.stop();
    retry_.start<&Closing::try_again>(this, kRetrySeconds);
  }
}

// Returns: whether there is nobody in hand any more.
bool ClosingListeners::Closing::hand_over() noexcept {
  if (!in_hand_) {
    return true;
  }
  ipc::ConnectionFacts facts;
  facts.is_new = 1;
  facts.socket_peer = in_hand_->peer.image();
  if (all_.handoff_.send(in_hand_->fd.get(), facts, {}) == ipc::HandoffProgress::Full) {
    is_held_up_ = true;
    return false;
  }
  in_hand_.reset();
  return true;
}

void ClosingListeners::Closing::on_ready(int) noexcept {
  empty_queue();
}

void ClosingListeners::Closing::try_again() noexcept {
  empty_queue();
  if (!is_held_up_ && awaits_handshakes_) {
    queue_.start<&Closing::on_ready>(this, listener_.fd(), IoWatcher::kReadable);
  }
  all_.remove_those_over();  // May be the end of this object.
}

void ClosingListeners::Closing::end_of_handshakes() noexcept {
  awaits_handshakes_ = false;
  queue_.stop();
  empty_queue();
  all_.remove_those_over();  // May be the end of this object.
}

void ClosingListeners::Closing::end() {
  queue_.stop();
  listener_.end_listening();
  all_.log_.info("stopped listening", {{"address", std::string_view(listener_.display())}});
}

void ClosingListeners::close(net::Listener listener) {
  closing_.emplace_back(*this, std::move(listener)).empty_queue();
  remove_those_over();
}

void ClosingListeners::finish() {
  for (Closing& closing : closing_) {
    closing.empty_queue();
    closing.end();
  }
  closing_.clear();
}

void ClosingListeners::remove_those_over() {
  for (auto closing = closing_.begin(); closing != closing_.end();) {
    if (closing->is_over()) {
      closing->end();
      closing = closing_.erase(closing);
    } else {
      ++closing;
    }
  }
}

}  // namespace appserver::master
