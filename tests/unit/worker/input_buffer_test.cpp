#include "worker/input_buffer.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace appserver::worker {
namespace {

constexpr std::size_t kBlockSize = 32 * 1024;
using Block = std::array<char, kBlockSize>;

// Reads `text` as recv() would: into the room given, as much as fits.
std::size_t pour(std::span<char> room, InputBuffer& buffer, std::string_view text) {
  const std::size_t count = std::min(room.size(), text.size());
  std::copy_n(text.data(), count, room.data());
  buffer.added(count);
  return count;
}

TEST_CASE("InputBuffer: gives back what was read and not consumed") {
  Block block;
  InputBuffer buffer(block);
  pour(buffer.room_for_head(), buffer, "GET / HTTP/1.1");
  CHECK(buffer.unconsumed() == "GET / HTTP/1.1");
  buffer.consumed(4);
  CHECK(buffer.unconsumed() == "/ HTTP/1.1");
  CHECK_FALSE(buffer.is_empty());
}

TEST_CASE("InputBuffer: a head larger than a block is kept whole") {
  Block block;
  InputBuffer buffer(block);
  const std::string head(5 * kBlockSize, 'h');
  std::size_t poured = 0;
  while (poured < head.size()) {
    const auto room = buffer.room_for_head();
    REQUIRE_FALSE(room.empty());
    poured += pour(room, buffer, std::string_view(head).substr(poured));
  }
  CHECK(buffer.unconsumed() == head);
}

TEST_CASE("InputBuffer: a body of any length passes behind a head that stays where it is") {
  Block block;
  InputBuffer buffer(block);
  pour(buffer.room_for_head(), buffer, "HEAD");
  const std::string_view head = buffer.unconsumed();
  buffer.consumed(4);
  buffer.pin(head);
  std::string body;
  for (int i = 0; i < 100; ++i) {
    const auto room = buffer.room_for_body();
    REQUIRE_FALSE(room.empty());
    pour(room, buffer, std::string(7000, static_cast<char>('a' + i % 26)) + "!");
    body = buffer.unconsumed();
    REQUIRE(body.size() == 7001);
    buffer.consumed(body.size());
  }
  CHECK(head == "HEAD");
}

TEST_CASE("InputBuffer: unconsumed bytes of a body stay in front of those that follow") {
  Block block;
  InputBuffer buffer(block);
  pour(buffer.room_for_head(), buffer, "HEADabc");
  buffer.consumed(4);
  buffer.pin(buffer.unconsumed().substr(0, 0));
  buffer.consumed(1);
  pour(buffer.room_for_body(), buffer, "def");
  CHECK(buffer.unconsumed() == "bcdef");
}

TEST_CASE("InputBuffer: the bytes of a pipelined request survive the one before") {
  Block block;
  InputBuffer buffer(block);
  pour(buffer.room_for_head(), buffer, "first.second");
  buffer.consumed(6);
  buffer.next_request();
  CHECK(buffer.unconsumed() == "second");
  std::size_t poured = 6;
  while (poured < 3 * kBlockSize) {  // Moves to the front, then grows.
    poured += pour(buffer.room_for_head(), buffer, "x");
  }
  CHECK(buffer.unconsumed().starts_with("secondxx"));
  CHECK(buffer.unconsumed().size() == poured);
}

}  // namespace
}  // namespace appserver::worker
