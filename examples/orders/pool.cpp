#include "pool.h"

#include <utility>

using appserver::Task;

namespace orders {

Pool::Pool(std::string where, std::size_t size)
    : where_(std::move(where) + " options='-c statement_timeout=1000'") {
  free_.reserve(size);  // Giving back does not allocate.
  for (std::size_t i = 0; i < size; ++i) {
    connections_.push_back(std::make_unique<Connection>());
    free_.push_back(connections_.back().get());
  }
}

Pool::Lease Pool::lend() {
  if (free_.empty()) {
    throw Unavailable("all connections of this worker are in use");
  }
  Connection* const connection = free_.back();
  free_.pop_back();
  return {connection, GiveBack{this}};
}

Task<Result> Pool::run(std::string statement, std::vector<std::string> parameters) {
  const Lease connection = lend();
  if (!connection->is_open()) {
    co_await connection->connect(where_);
  }
  co_return co_await connection->run(std::move(statement), std::move(parameters));
}

}  // namespace orders
