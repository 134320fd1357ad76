// Counters in Redis, asked without blocking and without a thread. README.md shows how to talk to
// it.
#include <cstdlib>
#include <hiredis/hiredis.h>
#include <memory>
#include <string>

#include <appserver/app.hpp>

#include "redis_connection.h"

using appserver::HttpError;
using appserver::Request;
using appserver::Responder;
using appserver::Response;
using appserver::Worker;
using redis_counter::RedisConnection;

namespace {

constexpr std::size_t kMaxName = 100;

std::string redis_place() {
  const char* place = std::getenv("REDIS");
  return place == nullptr || *place == '\0' ? "127.0.0.1:6379" : place;
}

std::string key_of(const Request& request) {
  const auto name = request.param("name");
  if (name.size() > kMaxName) {
    throw HttpError(400, "the name of a counter has at most 100 bytes");
  }
  return "counter:" + std::string(name);
}

Response number(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return appserver::text(std::to_string(reply.integer) + "\n");
    case REDIS_REPLY_STRING:
      return appserver::text(std::string(reply.str, reply.len) + "\n");
    default:
      return appserver::text("0\n");  // Nobody has counted yet.
  }
}

}  // namespace

APPSERVER_APP(app) {
  const auto redis = std::make_shared<std::unique_ptr<RedisConnection>>();
  app.on_worker_start([redis](const Worker& worker) {
    *redis = std::make_unique<RedisConnection>(
        worker.loop(), redis_counter::place_from(redis_place()), worker.log());
  });
  app.on_worker_stop([redis](const Worker&) { redis->reset(); });

  app.get("/counters/{name}", [redis](const Request& request, Responder responder) {
    (*redis)->ask({"GET", key_of(request)}, number, std::move(responder));
  });
  app.post("/counters/{name}", [redis](const Request& request, Responder responder) {
    (*redis)->ask({"INCR", key_of(request)}, number, std::move(responder));
  });
}
