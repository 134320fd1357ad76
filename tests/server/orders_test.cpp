// The example orders with a real PostgreSQL: what its README says, and what happens when PostgreSQL
// is slow, dies and returns.
#include <signal.h>
#include <string>

#include <doctest/doctest.h>

#include "support/eventually.h"
#include "support/http_client.h"
#include "support/load_client.h"
#include "support/postgres_server.h"
#include "support/running_server.h"

using namespace appserver::test;

namespace {

struct Orders {
  PostgresServer postgres{};
  RunningServer server{example_app("orders"), 2, {"--env", "ORDERS_DB=" + postgres.where()}};

  HttpResponse place(const std::string& query) const {
    return HttpClient(server.address).request("POST", "/orders?" + query);
  }
};

}  // namespace

TEST_CASE("orders: are placed and shown, and mistakes are told") {
  const Orders orders;
  const HttpResponse placed = orders.place("item=a%20%27book%27&quantity=2");
  CHECK(placed.status == 201);
  CHECK(placed.header("Location") == "/orders/1");
  CHECK(get(orders.server.address, "/orders/1").body == "2 a 'book'\n");
  CHECK(get(orders.server.address, "/orders/2").status == 404);
  CHECK(get(orders.server.address, "/orders/1%3B").status == 404);
  CHECK(orders.place("item=&quantity=2").status == 400);
  CHECK(orders.place("item=a%00b&quantity=2").status == 400);
  CHECK(orders.place("item=book&quantity=1001").status == 400);
  CHECK(orders.place("item=%FF&quantity=1").status == 503);  // PostgreSQL refuses it: no UTF-8.
  CHECK(orders.place("item=book&quantity=1").status == 201);
}

TEST_CASE("orders: a statement that waits for a lock is given up after a second") {
  const Orders orders;
  REQUIRE(orders.place("item=book&quantity=1").status == 201);
  const ServerProcess lock(
      "/usr/lib/postgresql/15/bin/psql",
      {"-d", orders.postgres.where(), "-c", "BEGIN; LOCK TABLE orders; SELECT pg_sleep(60)"});
  eventually(10s, "the lock is held",
             [&] { return get(orders.server.address, "/orders/1").status == 503; });
  CHECK(orders.server.process.log().find("statement timeout") != std::string::npos);
}

TEST_CASE("orders: reloads under load lose nothing; a killed PostgreSQL costs 503s") {
  Orders orders;
  REQUIRE(orders.place("item=book&quantity=1").status == 201);
  LoadClient load(orders.server.address, "/orders/1", 8);
  load.wait_for_answers(100);
  orders.server.process.send_signal(SIGHUP);
  orders.server.process.wait_for_generation(2, 2);
  load.wait_for_answers(100);
  CHECK(load.counts().failed() == 0);

  orders.postgres.kill();
  eventually(10s, "503s", [&] { return load.counts().other_statuses[503] > 20; });
  orders.postgres.start();
  eventually(10s, "orders are back",
             [&] { return get(orders.server.address, "/orders/1").status == 200; });
  load.wait_for_answers(100);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == counts.other_statuses.at(503));
  CHECK(orders.server.process.log().find("a worker crashed") == std::string::npos);
}

TEST_CASE("orders: more requests than connections are answered 503 at once, and soon 200 again") {
  const Orders orders;
  REQUIRE(orders.place("item=book&quantity=1").status == 201);
  LoadClient load(orders.server.address, "/orders/1", 200);
  eventually(10s, "the pool is exhausted", [&] { return load.counts().other_statuses[503] > 0; });
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == counts.other_statuses.at(503));
  CHECK(orders.server.process.log().find("all connections") != std::string::npos);
  CHECK(get(orders.server.address, "/orders/1").status == 200);
}
