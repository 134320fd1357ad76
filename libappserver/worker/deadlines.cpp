#include "worker/deadlines.h"

#include <algorithm>

namespace appserver::worker {
namespace {

// How long a client may take to close its side after ours.
constexpr std::chrono::seconds kLastBytes{5};
// How long an idle connection of a leaving worker may still bring a request, which was perhaps on
// its way.
constexpr std::chrono::seconds kFarewell{1};

}  // namespace

std::array<Duration, kWaits> spans_of(const config::Options& options) {
  return {options.keep_alive,   options.header_timeout,
          options.body_timeout, options.write_timeout,
          kLastBytes,           kFarewell,
          options.timeout};
}

void Deadline::cancel() noexcept {
  if (next_ == nullptr) {
    return;
  }
  previous_->next_ = next_;
  next_->previous_ = previous_;
  previous_ = next_ = nullptr;
}

void Deadline::join(Deadline& head, TimePoint at) noexcept {
  cancel();
  at_ = at;
  previous_ = head.previous_;
  next_ = &head;
  head.previous_->next_ = this;
  head.previous_ = this;
}

Deadlines::Deadlines(const std::array<Duration, kWaits>& spans) noexcept {
  for (std::size_t i = 0; i < kWaits; ++i) {
    queues_[i].span = spans[i];
    queues_[i].head.previous_ = queues_[i].head.next_ = &queues_[i].head;
  }
  for (Spoke& spoke : wheel_) {
    spoke.head.previous_ = spoke.head.next_ = &spoke.head;
  }
}

void Deadlines::start(Deadline& deadline, Wait wait, TimePoint now) noexcept {
  Queue& queue = queues_[static_cast<std::size_t>(wait)];
  deadline.join(queue.head, now + queue.span);
}

void Deadlines::resume(Deadline& deadline, Wait wait, TimePoint at, TimePoint now) noexcept {
  const TimePoint latest = now + queues_[static_cast<std::size_t>(wait)].span;
  if (at >= latest) {
    start(deadline, wait, now);
    return;
  }
  start_until(deadline, at, now);
}

void Deadlines::start_until(Deadline& deadline, TimePoint at, TimePoint now) noexcept {
  // A spoke that was looked at already is looked at again only after a whole turn.
  deadline.join(head_of(spoke_of(std::max(at, now))), at);
}

Connection* Deadlines::take_passed(TimePoint now) noexcept {
  for (Queue& queue : queues_) {
    Deadline* front = queue.head.next_;
    if (front != &queue.head && front->at_ <= now) {
      front->cancel();
      return front->owner_;
    }
  }
  return take_passed_from_wheel(now);
}

Connection* Deadlines::take_passed_from_wheel(TimePoint now) noexcept {
  // After a long time without a look one turn shows every spoke.
  const std::int64_t present = spoke_of(now);
  for (turned_to_ = std::max(turned_to_, present - kSpokes + 1);; ++turned_to_) {
    Deadline& head = head_of(turned_to_);
    for (Deadline* each = head.next_; each != &head; each = each->next_) {
      if (each->at_ <= now) {
        each->cancel();
        return each->owner_;
      }
    }
    if (turned_to_ >= present) {
      return nullptr;  // The rest of this spoke's time is to come.
    }
  }
}

}  // namespace appserver::worker
