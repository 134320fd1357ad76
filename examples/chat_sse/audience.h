#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "history.h"

namespace chat {

// The stream to one client, or what a test has instead.
class Outlet {
 public:
  Outlet() = default;
  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;
  virtual ~Outlet() = default;

  // Returns: whether anybody is there.
  virtual bool push(std::string_view bytes) = 0;
  // How many bytes the client has yet to take.
  [[nodiscard]] virtual std::size_t buffered() const = 0;
  // The stream is complete.
  virtual void finish() = 0;
};

struct Limits {
  std::size_t places = 2000;         // Listeners of a worker.
  std::size_t buffered = 64 * 1024;  // Bytes that wait for one client; it is given no more then.
  std::size_t behind = 500;          // Messages that it may fall behind before it is too slow.
};

// Who listens to which room in this worker. A listener is a stream and a position in the history:
// what it has yet to get waits there, once for all, and not in a queue of its own.
//
// One that cannot take more is behind, and goes on where it stopped, in catch_up(). One that is too
// far behind is ended: it comes back with the id of the last message that it got. [worker]
class Audience {
 public:
  using TooSlow = std::function<void(const std::string& room, std::size_t behind)>;

  // The history outlives it. `too_slow` is told of each listener that is ended for that.
  Audience(const History& history, Limits limits, TooSlow too_slow);

  [[nodiscard]] bool is_full() const noexcept { return count_ >= limits_.places; }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }

  // The number of the next listener.
  [[nodiscard]] std::uint64_t next_number() noexcept { return ++numbers_; }
  // A listener that has everything up to `position` gets what came behind it, and what comes.
  // Returns: whether it is behind.
  bool join(std::uint64_t number, const std::string& room, std::uint64_t position,
            std::unique_ptr<Outlet> outlet);
  // One that has left by itself; it may be gone already.
  void leave(std::uint64_t number, const std::string& room);

  // There are new messages in that room. Returns: whether somebody is behind.
  bool tell(const std::string& room);
  // Gives more to those who are behind. Returns: whether any still is.
  bool catch_up();
  // Something for everybody who has nothing to read, so that proxies, and the kernel, notice dead
  // connections.
  void beat();
  // Ends all streams. The clients come back soon, spread over half a second.
  void dismiss();

 private:
  struct Listener {
    std::uint64_t position = 0;
    bool is_behind = false;   // There was more than it could take.
    std::size_t backlog = 0;  // Of that, what it came with: one that was away long is not slow.
    std::unique_ptr<Outlet> outlet;
  };
  using Listeners = std::map<std::uint64_t, Listener>;  // By number.
  // Returns: whether it remains.
  bool give(const std::string& room, Listener& listener);
  template <typename Step>
  void for_each(const Step& step);
  template <typename Step>
  void for_each_in(const std::string& room, Listeners& listeners, const Step& step);

  const History& history_;
  const Limits limits_;
  const TooSlow too_slow_;
  std::unordered_map<std::string, Listeners> rooms_;
  std::size_t count_ = 0;
  std::uint64_t numbers_ = 0;
};

}  // namespace chat
