#include "ipc/handoff.h"

#include <array>
#include <fcntl.h>
#include <string>
#include <unistd.h>

#include <doctest/doctest.h>

namespace appserver::ipc {
namespace {

Handoff make_handoff() {
  auto handoff = Handoff::make();
  REQUIRE(handoff.has_value());
  return std::move(*handoff);
}

// Something with a descriptor that can be recognised: the write end of a pipe.
struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    read_end.reset(ends[0]);
    write_end.reset(ends[1]);
  }
  UniqueFd read_end;
  UniqueFd write_end;
};

HandoffProgress send(const Handoff& handoff, const Pipe& pipe, ConnectionFacts facts,
                     std::string_view bytes) {
  // In two pieces, as the bytes of a half-read request lie.
  const std::array<std::string_view, 2> pieces{bytes.substr(0, bytes.size() / 2),
                                               bytes.substr(bytes.size() / 2)};
  return handoff.send(pipe.write_end.get(), facts, pieces);
}

ConnectionFacts facts_of_a_client() {
  ConnectionFacts facts;
  facts.peer.fill('p');
  facts.trusts_forwarded = 1;
  facts.requests = 41;
  facts.wait = 2;
  facts.wait_ends = 123'456'789'012;
  facts.since = 123'000'000'000;
  return facts;
}

TEST_CASE("Handoff: a connection arrives with its facts and bytes, and lives on") {
  const Handoff handoff = make_handoff();
  Pipe pipe;
  REQUIRE(send(handoff, pipe, facts_of_a_client(), "GET / HT") == HandoffProgress::Sent);
  pipe.write_end.reset();
  const auto received = handoff.receive();
  REQUIRE(received.has_value());
  CHECK(received->bytes == "GET / HT");
  CHECK(received->facts.peer == facts_of_a_client().peer);
  CHECK(received->facts.trusts_forwarded == 1);
  CHECK(received->facts.requests == 41);
  CHECK(received->facts.wait == 2);
  CHECK(received->facts.wait_ends == 123'456'789'012);
  CHECK(received->facts.since == 123'000'000'000);
  CHECK((::fcntl(received->socket.get(), F_GETFD) & FD_CLOEXEC) != 0);
  REQUIRE(::write(received->socket.get(), "!", 1) == 1);
  char byte = 0;
  CHECK(::read(pipe.read_end.get(), &byte, 1) == 1);
}

TEST_CASE("Handoff: without bytes, and with more than a message holds") {
  const Handoff handoff = make_handoff();
  const Pipe pipe;
  for (const std::size_t size : {std::size_t{0}, std::size_t{16 * 1024}, std::size_t{16 * 1024 + 1},
                                 std::size_t{5'000'000}}) {
    CAPTURE(size);
    const std::string bytes(size, 'b');
    REQUIRE(send(handoff, pipe, {}, bytes) == HandoffProgress::Sent);
    const auto received = handoff.receive();
    REQUIRE(received.has_value());
    CHECK(received->bytes == bytes);
  }
}

TEST_CASE("Handoff: an empty queue gives nothing") {
  CHECK_FALSE(make_handoff().receive().has_value());
}

TEST_CASE("Handoff: a full queue says so, and loses nothing that it took") {
  const Handoff handoff = make_handoff();
  const Pipe pipe;
  int sent = 0;
  HandoffProgress progress = HandoffProgress::Sent;
  while (sent < 1'000'000 && progress == HandoffProgress::Sent) {
    progress = send(handoff, pipe, {}, "bytes");
    sent += progress == HandoffProgress::Sent ? 1 : 0;
  }
  CHECK(progress == HandoffProgress::Full);
  MESSAGE("the queue holds " << sent << " connections");
  CHECK(sent >= 64);
  int received = 0;
  while (handoff.receive().has_value()) {
    ++received;
  }
  CHECK(received == sent);
}

TEST_CASE("Handoff: a message of another version is dropped with its connection") {
  const Handoff handoff = make_handoff();
  const Pipe pipe;
  ConnectionFacts strange;
  strange.version = 77;
  REQUIRE(send(handoff, pipe, strange, "x") == HandoffProgress::Sent);
  REQUIRE(send(handoff, pipe, {}, "y") == HandoffProgress::Sent);
  CHECK(handoff.receive()->bytes == "y");
}

}  // namespace
}  // namespace appserver::ipc
