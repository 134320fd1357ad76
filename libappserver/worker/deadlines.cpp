#include "worker/deadlines.h"

namespace appserver::worker {

void Deadline::cancel() noexcept {
  if (next_ == nullptr) {
    return;
  }
  previous_->next_ = next_;
  next_->previous_ = previous_;
  previous_ = next_ = nullptr;
}

Deadlines::Deadlines(const std::array<Duration, kWaits>& spans) noexcept {
  for (std::size_t i = 0; i < kWaits; ++i) {
    queues_[i].span = spans[i];
    queues_[i].head.previous_ = queues_[i].head.next_ = &queues_[i].head;
  }
}

void Deadlines::start(Deadline& deadline, Wait wait, TimePoint now) noexcept {
  deadline.cancel();
  Queue& queue = queues_[static_cast<std::size_t>(wait)];
  deadline.at_ = now + queue.span;
  deadline.previous_ = queue.head.previous_;
  deadline.next_ = &queue.head;
  queue.head.previous_->next_ = &deadline;
  queue.head.previous_ = &deadline;
}

Connection* Deadlines::take_passed(TimePoint now) noexcept {
  for (Queue& queue : queues_) {
    Deadline* front = queue.head.next_;
    if (front != &queue.head && front->at_ <= now) {
      front->cancel();
      return front->owner_;
    }
  }
  return nullptr;
}

}  // namespace appserver::worker
