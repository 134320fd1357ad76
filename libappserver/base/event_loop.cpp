#include "base/event_loop.h"

#include <new>

namespace appserver {
namespace {

// The environment (LIBEV_FLAGS) must not choose how a server waits.
constexpr unsigned kFlags = unsigned{EVFLAG_NOENV} | unsigned{EVBACKEND_EPOLL};

}  // namespace

EventLoop::EventLoop(Kind kind)
    : loop_(kind == Kind::Default ? ev_default_loop(kFlags) : ev_loop_new(kFlags)) {
  if (loop_ == nullptr) {
    // libev fails only when epoll_create does: no memory or no descriptors.
    throw std::bad_alloc();
  }
}

EventLoop::~EventLoop() {
  if (loop_ != nullptr && !is_borrowed_) {
    ev_loop_destroy(loop_);
  }
}

void EventLoop::drop_in_child() noexcept {
  ev_loop_destroy(loop_);
  loop_ = nullptr;
}

}  // namespace appserver
