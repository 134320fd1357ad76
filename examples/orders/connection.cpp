#include "connection.h"

#include <chrono>
#include <utility>

using appserver::Task;

namespace orders {
namespace {

using namespace std::chrono_literals;

// PostgreSQL ends a statement after one second (pool.cpp); one that has not even told so by then
// has lost its machine or hangs.
constexpr auto kPatience = 2s;

}  // namespace

bool Connection::is_open() {
  if (connection_ != nullptr && !is_busy_ && PQconsumeInput(connection_.get()) == 1 &&
      PQstatus(connection_.get()) == CONNECTION_OK) {
    return true;
  }
  connection_.reset();
  is_busy_ = false;
  return false;
}

Task<void> Connection::connect(std::string where) {
  connection_.reset(PQconnectStart(where.c_str()));
  is_busy_ = true;
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  while (next != PGRES_POLLING_OK) {
    if (connection_ == nullptr || next == PGRES_POLLING_FAILED ||
        PQstatus(connection_.get()) == CONNECTION_BAD) {
      give_up("cannot connect");
    }
    co_await wait(next == PGRES_POLLING_WRITING);
    next = PQconnectPoll(connection_.get());
  }
  if (PQsetnonblocking(connection_.get(), 1) != 0) {
    give_up("cannot be used without blocking");
  }
  is_busy_ = false;
}

Task<Result> Connection::run(std::string statement, std::vector<std::string> parameters) {
  std::vector<const char*> values;
  for (const std::string& parameter : parameters) {
    values.push_back(parameter.c_str());
  }
  is_busy_ = true;
  if (PQsendQueryParams(connection_.get(), statement.c_str(), static_cast<int>(values.size()),
                        nullptr, values.data(), nullptr, nullptr, 0) != 1) {
    give_up("cannot send");
  }
  co_await flush();
  Result result = co_await receive();
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    give_up("lost");
  }
  is_busy_ = false;
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    throw Unavailable(PQresultErrorMessage(result.get()));
  }
  co_return result;
}

Task<void> Connection::flush() {
  for (;;) {
    const int left = PQflush(connection_.get());
    if (left == 0) {
      co_return;
    }
    if (left < 0) {
      give_up("cannot send");
    }
    co_await wait(true);
  }
}

// Returns: the result of the statement; one of several, as after an error of the connection, is the
// first.
Task<Result> Connection::receive() {
  Result first;
  for (;;) {
    while (PQisBusy(connection_.get()) == 1) {
      co_await wait(false);
      if (PQconsumeInput(connection_.get()) != 1) {
        give_up("lost");
      }
    }
    Result result(PQgetResult(connection_.get()));
    if (result == nullptr) {
      co_return first;
    }
    if (first == nullptr) {
      first = std::move(result);
    }
  }
}

Task<void> Connection::wait(bool for_writing) {
  const int fd = PQsocket(connection_.get());
  const bool ready = for_writing ? co_await appserver::writable(fd, kPatience)
                                 : co_await appserver::readable(fd, kPatience);
  if (!ready) {
    give_up("silent for too long");
  }
}

void Connection::give_up(const char* why) {
  std::string text = why;
  if (connection_ != nullptr) {
    text.append(": ").append(PQerrorMessage(connection_.get()));
  }
  connection_.reset();
  is_busy_ = false;
  throw Unavailable(text);
}

}  // namespace orders
