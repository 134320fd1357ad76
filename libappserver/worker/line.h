#pragma once

#include <cstddef>
#include <vector>

namespace appserver::worker {

class Connection;

// Connections that wait for something, first come, first served. Costs no allocation once it has
// reached its usual length, which std::deque does with every sixty-fourth element.
class Line {
 public:
  [[nodiscard]] bool empty() const noexcept { return front_ == waiting_.size(); }
  [[nodiscard]] std::size_t size() const noexcept { return waiting_.size() - front_; }

  void push_back(Connection* connection) { waiting_.push_back(connection); }

  // Requires: not empty.
  [[nodiscard]] Connection* front() const noexcept { return waiting_[front_]; }
  [[nodiscard]] Connection* take_front() noexcept {
    Connection* connection = waiting_[front_++];
    // What was taken is dropped when it is half of all: each element is moved once at most.
    if (front_ * 2 >= waiting_.size()) {
      waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(front_));
      front_ = 0;
    }
    return connection;
  }

 private:
  std::vector<Connection*> waiting_;
  std::size_t front_ = 0;
};

}  // namespace appserver::worker
