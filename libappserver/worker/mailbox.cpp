#include "worker/mailbox.h"

namespace appserver::worker {

Mailbox::Mailbox(EventLoop& loop) : bell_(loop) {
  bell_.start<&Mailbox::notice>(this);
}

void Mailbox::post(const Letter& letter) {
  bool is_first = false;
  {
    const std::lock_guard lock(mutex_);
    is_first = letters_.empty();
    letters_.push_back(letter);
    has_mail_.store(true, std::memory_order_release);
  }
  if (is_first && std::this_thread::get_id() != first_thread_) {
    bell_.send();
  }
}

const std::vector<Mailbox::Letter>& Mailbox::take() {
  taken_.clear();
  const std::lock_guard lock(mutex_);
  taken_.swap(letters_);
  has_mail_.store(false, std::memory_order_release);
  return taken_;
}

}  // namespace appserver::worker
