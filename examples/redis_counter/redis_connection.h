#pragma once

#include <string>
#include <vector>

#include <ev.h>

#include <appserver/app.hpp>

struct redisAsyncContext;
struct redisReply;

namespace redis_counter {

// Where the Redis server listens.
struct Place {
  std::string socket_path;  // of a Unix socket; empty: host and port
  std::string host = "127.0.0.1";
  int port = 6379;
};

// "/run/redis.sock", "127.0.0.1" or "127.0.0.1:6379". The host is an IPv4 address: looking a name
// up would block the loop.
// Errors: throws std::invalid_argument.
[[nodiscard]] Place place_from(const std::string& text);

// A worker's connection to Redis, on the worker's loop, shared by all of its requests: Redis
// answers in the order of the commands, so that one connection carries any number of them at a
// time.
//
// Makes itself anew with the first command after it was lost, but not more often than five times a
// second. A command whose answer did not come is not sent again: nobody knows whether Redis did it.
//
// States: Closed -> Open (a command came) -> Closed (lost, or silent for a second).
class RedisConnection {
 public:
  // Makes the response from Redis' reply, which is no error. Must not throw.
  using ToResponse = appserver::Response (*)(const redisReply& reply);

  // Requires: `loop` outlives this object.
  RedisConnection(struct ev_loop* loop, Place place, appserver::Log log);
  // Answers 503 to whoever still waits.
  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  // Sends a command, and answers with what `to_response` makes of its reply; 503 when there is
  // none, or when Redis refuses the command.
  void ask(const std::vector<std::string>& command, ToResponse to_response,
           appserver::Responder responder);

 private:
  struct Question;

  static void on_connected(const redisAsyncContext* context, int status);
  static void on_lost(const redisAsyncContext* context, int status);
  static void on_reply(redisAsyncContext* context, void* reply, void* question);

  bool open();
  bool send(const std::vector<std::string>& command, Question& question);
  void lose(const char* why);
  void restart_patience();

  struct ev_loop* loop_;
  Place place_;
  appserver::Log log_;
  redisAsyncContext* context_ = nullptr;  // of hiredis, which frees it when the connection is lost
  unsigned waiting_ = 0;                  // commands without a reply
  ev_timer patience_{};                   // runs while there are some, and since the last reply
  ev_tstamp may_open_at_ = 0;
};

}  // namespace redis_counter
