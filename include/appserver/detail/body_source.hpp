#pragma once

#include <memory>
#include <string>
#include <unistd.h>
#include <utility>
#include <variant>
#include <vector>

// Not part of the user's interface: what a Response holds instead of bytes.
namespace appserver {

class BodyReceiver;
class BodyWriter;

namespace detail {

class LateHandler;

class BodyProducer {
 public:
  BodyProducer() = default;
  BodyProducer(const BodyProducer&) = delete;
  BodyProducer& operator=(const BodyProducer&) = delete;
  virtual ~BodyProducer() = default;

  // Returns: whether there is more to come.
  virtual bool produce(BodyWriter& writer) = 0;
};

// Owns a descriptor, which is negative when nothing could be opened.
struct OpenFile {
  explicit OpenFile(int descriptor) noexcept : fd(descriptor) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (fd >= 0) {
      ::close(fd);
    }
  }

  const int fd;
};

// An answer that is made only when the request's body has arrived, or even later.
struct PendingAnswer {
  explicit PendingAnswer(std::shared_ptr<BodyReceiver> taker) noexcept
      : receiver(std::move(taker)) {}
  explicit PendingAnswer(LateHandler& handler) noexcept : late_handler(&handler) {}

  std::shared_ptr<BodyReceiver> receiver;  // shared as Response is copyable; incomplete type here
  LateHandler* late_handler = nullptr;     // instead of a receiver; the app's
  std::vector<std::string> replaced;       // fields that header() replaces in the answer to come
};

// Shared, because a Response is a value that may be copied; only one copy is ever sent.
using LateBody = std::variant<std::monostate, std::shared_ptr<BodyProducer>,
                              std::shared_ptr<OpenFile>, std::shared_ptr<PendingAnswer>>;

}  // namespace detail
}  // namespace appserver
