#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

struct ev_loop;

namespace appserver::admin {

// What the app of the admin process works with: the master, as far as it can be asked. [admin]
class Desk {
 public:
  enum class View { Status, Workers, Releases, Metrics };
  // Nothing: the master does not answer.
  using TakeText = std::function<void(std::optional<std::string>)>;
  // One line of a command's answer, with its end; `is_last`: it is the result.
  using TakeLine = std::function<void(const std::string& line, bool is_last)>;
  // Returns: whether more events are wanted.
  using TakeEvent = std::function<bool(const std::string& line)>;
  struct Asker {
    std::uint32_t uid = 0;
    std::int32_t pid = 0;
  };
  struct Refusal {
    int status;
    std::string why;
  };

  // From now on answers are heard, until end(). `loop` is the worker's.
  virtual void begin(struct ev_loop* loop) = 0;
  virtual void end() = 0;

  virtual void look(View view, TakeText take) = 0;
  // `name` and `body`: of `POST /NAME`. Returns: why it was not given to the master.
  [[nodiscard]] virtual std::optional<Refusal> command(std::string_view name, std::string_view body,
                                                       Asker asker, TakeLine take) = 0;
  // Begins with the latest ones.
  virtual void follow_events(TakeEvent take) = 0;

 protected:
  ~Desk() = default;
};

}  // namespace appserver::admin
