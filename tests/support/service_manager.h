#pragma once

#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "support/eventually.h"
#include "support/temporary_folder.h"

namespace appserver::test {

// The end of NOTIFY_SOCKET that a service manager has (sd_notify(3)): what a server told it, in
// order.
class ServiceManager {
 public:
  // Errors: throws when the socket cannot be made.
  ServiceManager();

  [[nodiscard]] std::string address() const { return folder_ / "notify"; }

  // Waits for the next message that has `line` among its lines; those before are passed over.
  // Returns: the whole message. Ends the test case as failed when none comes.
  std::string wait_for(const std::string& line, milliseconds deadline = 10s);

  // What came and was not waited for, so far.
  std::vector<std::string> rest();

 private:
  [[nodiscard]] bool receive(std::string& message);

  TemporaryFolder folder_;
  UniqueFd socket_;
};

// The value of the line `name`=... of a message; empty if it has none.
[[nodiscard]] std::string value_in(const std::string& message, const std::string& name);

}  // namespace appserver::test
