#pragma once

#include <memory>
#include <string>

#include "support/server_process.h"
#include "support/temporary_folder.h"

namespace appserver::test {

// A PostgreSQL server of Debian on a Unix socket, with a cluster of its own in a folder, which does
// not wait for the disk. Runs as `nobody` when the test is root, since it refuses to be that. It
// ends with this object, however the test does.
class PostgresServer {
 public:
  // Makes the cluster and returns when it takes connections.
  PostgresServer();
  // Has it take its shared memory back.
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // What libpq needs to reach it.
  [[nodiscard]] std::string where() const;

  // Kills it without notice; `start` makes it recover.
  void kill();
  void start();

 private:
  void launch();

  TemporaryFolder folder_;
  std::unique_ptr<ServerProcess> process_;
};

}  // namespace appserver::test
