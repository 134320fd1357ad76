#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "connection.h"

namespace orders {

// The connections of a worker. Used on the worker's thread only.
class Pool {
  struct GiveBack {
    Pool* pool;
    void operator()(Connection* connection) const noexcept { pool->free_.push_back(connection); }
  };

 public:
  // A connection that is lent, and comes back by itself.
  using Lease = std::unique_ptr<Connection, GiveBack>;

  // At most `size` connections, each opened when it is wanted.
  Pool(std::string where, std::size_t size);
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Lends the connection that was used last.
  // Errors: throws Unavailable when all are lent. Waiting in a queue here would only hide that
  // PostgreSQL is the bottleneck; the client is told to come back.
  [[nodiscard]] Lease lend();

  // Runs a statement on a connection of the pool, which is opened when needed. As
  // Connection::run().
  [[nodiscard]] appserver::Task<Result> run(std::string statement,
                                            std::vector<std::string> parameters);

 private:
  std::string where_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> free_;  // the one used last at the end
};

}  // namespace orders
