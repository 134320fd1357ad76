// Pieces: how whoever answers elsewhere reads the body of its request, as it arrives.

#include <sys/socket.h>

#include "net/would_block.h"
#include "worker/connection.h"
#include "worker/serving.h"

namespace appserver::worker {

void Connection::receive_piece() {
  InputBuffer& input = bench_->input;
  const std::span<char> room = input.room_for_body();
  const ssize_t count = ::recv(fd_.get(), room.data(), room.size(), 0);
  if (count > 0) {
    input.added(static_cast<std::size_t>(count));
    give_piece_or_wait();
  } else if (count == 0 || !net::would_block()) {
    close();
  }
}

// The app wants the next one, and has done with the one before.
void Connection::give_piece_or_wait() {
  bench_->parser.forget_stored();
  if (parse()) {
    give_piece();
  } else if (wait_for_body()) {
    send_continue();
    watcher_.wait_for(IoWatcher::kReadable);
  }
}

void Connection::give_piece() {
  if (bench_->refusal != nullptr) {
    give_up(*bench_->refusal);
    return;
  }
  DetachedExchange& exchange = *bench_->detached;
  waiting_ = Wait::Answer;  // The client's time is over, also if the app has no limit.
  start_answer_wait(exchange.deadline());
  const http::RequestParser& parser = bench_->parser;
  exchange.give_body(bench_->whole ? parser.body() : parser.stored(), bench_->whole);
}

}  // namespace appserver::worker
