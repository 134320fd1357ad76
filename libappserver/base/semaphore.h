#pragma once

#include <cerrno>
#include <semaphore.h>

namespace appserver {

// A counting semaphore, sem_overview(7). A call costs the system something only when a thread has
// to sleep or is asleep; a condition variable costs one call more for each wake-up, as a thread
// comes back from it with the mutex marked as contended. (The one of the standard library yields
// the processor before it sleeps, which is several calls.)
class Semaphore {
 public:
  Semaphore() noexcept { ::sem_init(&semaphore_, 0, 0); }
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;
  ~Semaphore() { ::sem_destroy(&semaphore_); }

  void release() noexcept { ::sem_post(&semaphore_); }
  void acquire() noexcept {
    while (::sem_wait(&semaphore_) != 0 && errno == EINTR) {
    }
  }

 private:
  sem_t semaphore_;
};

}  // namespace appserver
