#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/event_loop.h"
#include "base/unique_fd.h"
#include "net/peer_address.h"
#include "worker/deadlines.h"
#include "worker/workbench.h"

namespace appserver::worker {

struct Serving;

// One client's connection. Reading and parsing happen inside the loop's dispatch; the handler runs
// in serve(), outside of it.
//
//   state      waits for                          deadline          leaves to
//   Closed     a new client                       none              Idle (open)
//   Idle       the first byte of a request        Request           Reading, Closed
//   Reading    the rest of the head or body       Head or Body      Queued, Closed
//   Queued     serve(); at most one pass          none              Idle, Reading, Writing,
//   Lingering, Closed Writing    the client to take the response    Write             Queued, Idle,
//   Reading, Lingering, Closed Lingering  end of file, discarding bytes      LastBytes Closed
//
// [worker] Owned by Connections, which reuses it for client after client.
class Connection {
 public:
  explicit Connection(Serving& serving) noexcept;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() = default;

  // Takes a new client and reads what it may have sent already.
  void open(UniqueFd fd, const net::PeerAddress& peer);

  // Answers the complete requests that were read, in order, with one send for all of them.
  void serve();

  // The wait it was in took too long.
  void deadline_passed();

  // The worker leaves: an idle connection is closed soon, any other after its response.
  void say_farewell();

 private:
  enum class State : std::uint8_t { Closed, Idle, Reading, Queued, Writing, Lingering };

  void on_ready(int events) noexcept;

  // Input.
  void read();
  [[nodiscard]] bool parse();
  void parse_or_wait();
  void send_continue();
  void discard();

  // Output. Those that return bool say whether the connection can take another request.
  [[nodiscard]] bool answer();
  [[nodiscard]] bool answer_request();
  void answer_failure();
  void log_access(unsigned status, std::uint64_t body_bytes);
  [[nodiscard]] bool flush(bool keep_alive);
  void continue_writing();

  // What comes after a response.
  void proceed(bool keep_alive);
  void go_idle();
  void linger();
  void close() noexcept;
  void start_wait(Wait wait) noexcept;

  Serving& serving_;
  Deadline deadline_;
  IoWatcher watcher_;
  std::unique_ptr<Workbench> bench_;
  UniqueFd fd_;
  net::PeerAddress peer_;
  State state_ = State::Closed;
  Wait waiting_ = Wait::Request;
  bool keep_alive_after_write_ = false;
};

}  // namespace appserver::worker
