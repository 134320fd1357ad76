#include "ipc/channel.h"

#include <array>
#include <fcntl.h>
#include <unistd.h>
#include <utility>
#include <variant>

#include <doctest/doctest.h>

namespace appserver::ipc {
namespace {

Channel::Pair make_pair() {
  auto pair = Channel::make_pair();
  REQUIRE(pair.has_value());
  return std::move(*pair);
}

TEST_CASE("Channel: messages arrive one by one, in order") {
  Channel::Pair pair = make_pair();
  REQUIRE(pair.ours.send(ForkWorker{1, 1, 1}));
  REQUIRE(pair.ours.send(Drain{}));
  CHECK(std::holds_alternative<ForkWorker>(pair.theirs.receive()->message));
  CHECK(std::holds_alternative<Drain>(pair.theirs.receive()->message));
}

TEST_CASE("Channel: a descriptor arrives as a new one for the same file, close-on-exec") {
  Channel::Pair pair = make_pair();
  std::array<int, 2> pipe_ends{};
  REQUIRE(::pipe2(pipe_ends.data(), O_CLOEXEC) == 0);
  const UniqueFd read_end(pipe_ends[0]);
  UniqueFd write_end(pipe_ends[1]);
  const int sent = write_end.get();
  REQUIRE(pair.ours.send(ForkWorker{1, 1, 1}, {&sent, 1}));
  write_end.reset();
  const auto received = pair.theirs.receive();
  REQUIRE(received.has_value());
  REQUIRE(received->fds.size() == 1);
  CHECK((::fcntl(received->fds[0].get(), F_GETFD) & FD_CLOEXEC) != 0);
  REQUIRE(::write(received->fds[0].get(), "!", 1) == 1);
  char byte = 0;
  CHECK(::read(read_end.get(), &byte, 1) == 1);
  CHECK(byte == '!');
}

TEST_CASE("Channel: the death of the peer is told, after what it had said") {
  Channel::Pair pair = make_pair();
  REQUIRE(pair.theirs.send(WorkerReady{}));
  pair.theirs.close();
  CHECK(pair.ours.receive().has_value());
  CHECK(pair.ours.receive().error() == NothingReceived::PeerGone);
  CHECK_FALSE(pair.ours.send(Drain{}));
}

TEST_CASE("Channel: a non-blocking end says so when nothing is there") {
  Channel::Pair pair = make_pair();
  pair.ours.set_non_blocking();
  CHECK(pair.ours.receive().error() == NothingReceived::NotNow);
}

TEST_CASE("Channel: a full queue is an error and blocks nobody") {
  Channel::Pair pair = make_pair();
  pair.ours.set_non_blocking();
  int sent = 0;
  while (sent < 100'000 && pair.ours.send(Drain{})) {
    ++sent;
  }
  CHECK(sent > 0);
  CHECK(sent < 100'000);
  for (int i = 0; i < sent; ++i) {
    REQUIRE(pair.theirs.receive().has_value());
  }
}

TEST_CASE("Channel: a packet of somebody else is dropped, the next message understood") {
  Channel::Pair pair = make_pair();
  REQUIRE(::write(pair.ours.fd(), "garbage", 7) == 7);
  REQUIRE(pair.ours.send(Drain{}));
  CHECK(pair.theirs.receive().error() == NothingReceived::NotUnderstood);
  CHECK(pair.theirs.receive().has_value());
}

}  // namespace
}  // namespace appserver::ipc
