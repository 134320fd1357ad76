#include "redis_connection.h"

#include <charconv>
#include <hiredis/adapters/libev.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <memory>
#include <stdexcept>
#include <utility>

namespace redis_counter {
namespace {

constexpr ev_tstamp kPatience = 1.0;
constexpr ev_tstamp kBetweenAttempts = 0.2;

appserver::Response unavailable() {
  return appserver::text("the counters are not available, try again\n")
      .status(503)
      .header("Retry-After", "1");
}

}  // namespace

// One command that was sent. The callback of its reply owns it.
struct RedisConnection::Question {
  RedisConnection& connection;
  ToResponse to_response;
  appserver::Responder responder;
};

Place place_from(const std::string& text) {
  if (text.starts_with('/')) {
    return {.socket_path = text};
  }
  const std::size_t colon = text.find(':');
  Place place{.socket_path = {}, .host = text.substr(0, colon)};
  if (colon != text.npos) {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, place.port);
    if (error != std::errc() || stop != end || place.port < 1 || place.port > 65535) {
      throw std::invalid_argument("REDIS=" + text + ": not a path, an address or address:port");
    }
  }
  return place;
}

RedisConnection::RedisConnection(struct ev_loop* loop, Place place, appserver::Log log)
    : loop_(loop), place_(std::move(place)), log_(log) {
  ev_timer_init(
      &patience_,
      [](struct ev_loop*, ev_timer* timer, int) {
        static_cast<RedisConnection*>(timer->data)->lose("Redis does not answer");
      },
      0., kPatience);
  patience_.data = this;
}

RedisConnection::~RedisConnection() {
  lose(nullptr);
}

void RedisConnection::ask(const std::vector<std::string>& command, ToResponse to_response,
                          appserver::Responder responder) {
  auto question = std::unique_ptr<Question>(new Question{*this, to_response, std::move(responder)});
  if ((context_ != nullptr || open()) && send(command, *question)) {
    static_cast<void>(question.release());  // on_reply() takes it.
    if (++waiting_ == 1) {
      restart_patience();
    }
  } else {
    question->responder.respond(unavailable());
  }
}

bool RedisConnection::open() {
  if (ev_now(loop_) < may_open_at_) {
    return false;
  }
  may_open_at_ = ev_now(loop_) + kBetweenAttempts;
  context_ = place_.socket_path.empty() ? redisAsyncConnect(place_.host.c_str(), place_.port)
                                        : redisAsyncConnectUnix(place_.socket_path.c_str());
  if (context_ == nullptr) {
    return false;
  }
  context_->data = this;
  if (context_->err != 0) {
    lose(context_->errstr);
    return false;
  }
  redisLibevAttach(loop_, context_);
  redisAsyncSetConnectCallback(context_, &RedisConnection::on_connected);
  redisAsyncSetDisconnectCallback(context_, &RedisConnection::on_lost);
  return true;
}

bool RedisConnection::send(const std::vector<std::string>& command, Question& question) {
  std::vector<const char*> words;
  std::vector<std::size_t> lengths;
  for (const std::string& word : command) {
    words.push_back(word.data());
    lengths.push_back(word.size());
  }
  // Refused while hiredis takes a lost connection apart.
  return redisAsyncCommandArgv(context_, &RedisConnection::on_reply, &question,
                               static_cast<int>(words.size()), words.data(),
                               lengths.data()) == REDIS_OK;
}

// Ends the connection: each command that waits gets its null reply at once.
void RedisConnection::lose(const char* why) {
  ev_timer_stop(loop_, &patience_);
  redisAsyncContext* const lost = std::exchange(context_, nullptr);
  if (lost == nullptr) {
    return;
  }
  if (why != nullptr) {
    log_.warning(std::string("the connection to Redis is given up: ") + why);
  }
  redisAsyncFree(lost);
}

void RedisConnection::restart_patience() {
  if (waiting_ == 0) {
    ev_timer_stop(loop_, &patience_);
  } else {
    ev_timer_again(loop_, &patience_);
  }
}

void RedisConnection::on_connected(const redisAsyncContext* context, int status) {
  if (status != REDIS_OK) {
    on_lost(context, status);
  }
}

// hiredis frees the context after this.
void RedisConnection::on_lost(const redisAsyncContext* context, int status) {
  auto& self = *static_cast<RedisConnection*>(context->data);
  if (self.context_ != context) {
    return;  // It was this object that gave it up.
  }
  self.context_ = nullptr;
  if (status != REDIS_OK) {
    self.log_.warning(std::string("the connection to Redis is lost: ") + context->errstr);
  }
}

void RedisConnection::on_reply(redisAsyncContext*, void* reply, void* question) {
  const std::unique_ptr<Question> own(static_cast<Question*>(question));
  RedisConnection& self = own->connection;
  --self.waiting_;
  self.restart_patience();
  const auto* const answer = static_cast<const redisReply*>(reply);
  if (answer != nullptr && answer->type != REDIS_REPLY_ERROR) {
    own->responder.respond(own->to_response(*answer));
    return;
  }
  if (answer != nullptr) {
    self.log_.warning("Redis refuses a command: " + std::string(answer->str, answer->len));
  }
  own->responder.respond(unavailable());
}

}  // namespace redis_counter
