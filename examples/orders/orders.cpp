// Orders in PostgreSQL, asked by coroutines without blocking. README.md shows how to talk to it.
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <appserver/app.hpp>

#include "pool.h"

using appserver::HttpError;
using appserver::Request;
using appserver::Response;
using appserver::Task;
using appserver::Worker;
using orders::Pool;
using orders::Unavailable;

namespace {

constexpr std::size_t kConnections = 16;  // of each worker
constexpr std::size_t kMaxItem = 200;
constexpr int kMaxQuantity = 1000;

constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS orders (id bigserial PRIMARY KEY, item text NOT NULL,"
    " quantity integer NOT NULL)";

std::string database() {
  const char* where = std::getenv("ORDERS_DB");
  return where == nullptr || *where == '\0' ? "host=/var/run/postgresql dbname=orders" : where;
}

// In the zygote, where blocking is allowed: nothing is served yet. The connection must not be
// inherited by the workers, so it ends here.
void prepare_schema() {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(
      PQconnectdb((database() + " connect_timeout=5").c_str()), &PQfinish);
  const orders::Result result(PQexec(connection.get(), kSchema));
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
    throw std::runtime_error(std::string("PostgreSQL, ORDERS_DB: ") +
                             PQerrorMessage(connection.get()));
  }
}

// Whether the whole of `text` is a number from 1 to `most`.
template <typename Number>
bool is_number(std::string_view text, Number most) {
  Number number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end && number >= 1 && number <= most;
}

Task<orders::Result> ask(Pool& pool, const Request& request, std::string statement,
                         std::vector<std::string> parameters) {
  try {
    co_return co_await pool.run(std::move(statement), std::move(parameters));
  } catch (const Unavailable& error) {
    request.log().warning(std::string("PostgreSQL: ") + error.what());
  }
  throw HttpError(503, "orders are not available, try again");
}

Task<Response> place_order(Pool& pool, const Request& request) {
  const std::string item = request.query("item").value_or("");
  const std::string quantity = request.query("quantity").value_or("");
  if (item.empty() || item.size() > kMaxItem || item.find('\0') != item.npos) {
    throw HttpError(400, "item: a text of 1 to 200 bytes");
  }
  if (!is_number(quantity, kMaxQuantity)) {
    throw HttpError(400, "quantity: a number from 1 to 1000");
  }
  std::vector<std::string> values{item, quantity};
  const orders::Result row = co_await ask(
      pool, request, "INSERT INTO orders (item, quantity) VALUES ($1, $2) RETURNING id",
      std::move(values));
  const std::string id = PQgetvalue(row.get(), 0, 0);
  co_return appserver::text(id + "\n").status(201).header("Location", "/orders/" + id);
}

Task<Response> show_order(Pool& pool, const Request& request) {
  const std::string id(request.param("id"));
  if (!is_number(id, std::numeric_limits<std::int64_t>::max())) {
    throw HttpError(404, "there is no such order");
  }
  std::vector<std::string> values(1, id);
  const orders::Result row = co_await ask(
      pool, request, "SELECT quantity, item FROM orders WHERE id = $1", std::move(values));
  if (PQntuples(row.get()) == 0) {
    throw HttpError(404, "there is no such order");
  }
  co_return appserver::text(std::string(PQgetvalue(row.get(), 0, 0)) + " " +
                            PQgetvalue(row.get(), 0, 1) + "\n");
}

}  // namespace

APPSERVER_APP(app) {
  const auto pool = std::make_shared<std::unique_ptr<Pool>>();
  app.on_load([] { prepare_schema(); });
  app.on_worker_start(
      [pool](const Worker&) { *pool = std::make_unique<Pool>(database(), kConnections); });
  app.on_worker_stop([pool](const Worker&) { pool->reset(); });

  app.post("/orders", [pool](const Request& request) { return place_order(**pool, request); });
  app.get("/orders/{id}", [pool](const Request& request) { return show_order(**pool, request); });
}
