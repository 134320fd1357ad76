#pragma once

#include <string>

#include "support/server_process.h"

namespace appserver::test {

// A Redis server of Debian on a Unix socket in a folder, which keeps nothing on disk. It ends with
// this object, however the test does.
class RedisServer {
 public:
  // Returns when it takes connections. `socket` must not be listened on.
  explicit RedisServer(const std::string& socket);

  // Stops it in mid-sentence, and lets it go on.
  void freeze();
  void thaw();

 private:
  ServerProcess process_;
};

}  // namespace appserver::test
