#pragma once

#include <libpq-fe.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <appserver/app.hpp>

namespace orders {

// PostgreSQL cannot be reached, does not answer in time, or gave up on a statement; what() is its
// own text.
class Unavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct ClearResult {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ClearResult>;

// A connection to PostgreSQL that is used by coroutines of a worker, one at a time: each wait is
// for its descriptor, while the worker serves others.
//
// States: Closed -> Open (connect) -> Busy (a statement runs) -> Open; -> Closed (failed, or the
// coroutine ended in the middle).
class Connection {
 public:
  // Whether it can be used at once: PostgreSQL has not closed it meanwhile.
  [[nodiscard]] bool is_open();

  // Opens it as `where` says, a connection string of libpq with an address or a folder of a socket:
  // a host's name would be looked up, which blocks.
  // Errors: throws Unavailable.
  [[nodiscard]] appserver::Task<void> connect(std::string where);

  // Runs one statement with its parameters $1, $2 … as text.
  // Requires: is_open(). Errors: throws Unavailable when it was not done, or nobody knows whether
  // it was; the connection is closed then, unless PostgreSQL itself refused the statement.
  [[nodiscard]] appserver::Task<Result> run(std::string statement,
                                            std::vector<std::string> parameters);

 private:
  struct Finish {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
  };

  [[nodiscard]] appserver::Task<void> wait(bool for_writing);
  [[nodiscard]] appserver::Task<void> flush();
  [[nodiscard]] appserver::Task<Result> receive();
  [[noreturn]] void give_up(const char* why);

  std::unique_ptr<PGconn, Finish> connection_;
  bool is_busy_ = false;
};

}  // namespace orders
