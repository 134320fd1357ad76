#include "worker/crew.h"

namespace appserver::worker {
namespace {

// How often it looks for somebody who could do what waits for the threads.
constexpr double kTickSeconds = 0.002;

}  // namespace

void Crew::start(unsigned wanted, const HandlerThreads::Surroundings& surroundings) {
  if (wanted == 0) {
    return;
  }
  threads_.emplace(surroundings, wanted);
  if (threads_->count() < wanted) {
    with_.log.warning("fewer threads than --threads; raise the limit of processes (ulimit -u)",
                      {{"threads", threads_->count()}, {"wanted", wanted}});
  }
  if (threads_->count() == 0) {
    threads_.reset();  // Handlers run on the first thread.
    return;
  }
  with_.serving.threads = &*threads_;
  with_.app_loop.run_on(&*threads_);
}

// Requests that wait although all threads have something to do are for workers that have not.
void Crew::tidy_up() {
  if (!threads_) {
    return;
  }
  with_.connections.fill_threads();
  const bool is_full = !with_.serving.for_threads.empty();
  if (is_full != is_full_) {
    is_full_ = is_full;
    with_.acceptor.set_blocked(is_full);
    is_full ? with_.departure.begin_blockage() : with_.departure.end_blockage();
  }
  if (threads_->outstanding() > threads_->count() && !tick_.is_active()) {
    tick_.start<&Crew::look_for_takers>(this, kTickSeconds, kTickSeconds);
  }
}

void Crew::look_for_takers() noexcept {
  if (threads_->outstanding() <= threads_->count()) {
    tick_.stop();
  } else if (with_.departure.takers() > 0) {
    with_.connections.empty_threads_queue();
    with_.departure.share_work();
  }
}

std::size_t Crew::end() {
  if (!threads_) {
    return 0;
  }
  if (const std::size_t left = threads_->outstanding(); left > 0) {
    return left;
  }
  tick_.stop();
  with_.app_loop.run_on(nullptr);
  with_.serving.threads = nullptr;
  threads_.reset();
  return 0;
}

}  // namespace appserver::worker
