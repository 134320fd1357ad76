#pragma once

#include <unistd.h>

// Not part of the user's interface: what a Response holds instead of bytes.
namespace appserver {

class BodyWriter;

namespace detail {

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

}  // namespace detail
}  // namespace appserver
