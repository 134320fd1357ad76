#include "support/redis_server.h"

#include <signal.h>

namespace appserver::test {

RedisServer::RedisServer(const std::string& socket)
    : process_("/usr/bin/redis-server",
               {"--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no"}) {
  eventually(10s, "Redis takes connections", [this] {
    return process_.output().find("ready to accept connections") != std::string::npos;
  });
}

void RedisServer::freeze() {
  process_.send_signal(SIGSTOP);
}

void RedisServer::thaw() {
  process_.send_signal(SIGCONT);
}

}  // namespace appserver::test
