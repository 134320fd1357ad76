#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace appserver::net {

// The way to a service manager, sd_notify(3): datagrams of "NAME=value" lines to the unix socket
// that NOTIFY_SOCKET names. The protocol is documented as stable, and so small that a library for
// it would be the larger part. [master]
class NotifySocket {
 public:
  // `address` is a path that starts with '/', or '@' and an abstract name.
  // Errors: an address of another form, such as vsock:; no descriptor.
  [[nodiscard]] static Result<NotifySocket> to(std::string address);

  enum class Progress { Sent, Full, Failed };
  // Sends one message; does not block. Full: nobody reads the messages that were sent, try again.
  // Failed: errno says why; nobody is there, or not for us.
  [[nodiscard]] Progress send(std::string_view message) const noexcept;

 private:
  NotifySocket(UniqueFd fd, std::string address)
      : fd_(std::move(fd)), address_(std::move(address)) {}

  UniqueFd fd_;
  std::string address_;
};

}  // namespace appserver::net
