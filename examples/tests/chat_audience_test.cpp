#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "audience.h"
#include "history.h"

using chat::Audience;
using chat::History;
using chat::Limits;
using chat::Outlet;

namespace {

// What became of a stream; lives longer than it.
struct Reader {
  std::string received = {};
  std::size_t waiting = 0;  // Bytes that it has yet to take.
  bool takes_at_once = true;
  bool is_gone = false;
  bool is_finished = false;

  // How many messages it has got; each of them is "x".
  [[nodiscard]] std::size_t messages() const {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = received.find("data: x\n", at)) != received.npos; ++at) {
      ++count;
    }
    return count;
  }
};

class ReaderOutlet final : public Outlet {
 public:
  explicit ReaderOutlet(Reader& reader) : reader_(reader) {}
  bool push(std::string_view bytes) override {
    reader_.received += bytes;
    reader_.waiting += reader_.takes_at_once ? 0 : bytes.size();
    return !reader_.is_gone;
  }
  [[nodiscard]] std::size_t buffered() const override { return reader_.waiting; }
  void finish() override { reader_.is_finished = true; }

 private:
  Reader& reader_;
};

struct Hall {
  explicit Hall(Limits limits = {}, std::size_t kept = 1000)
      : history(kept, 0), audience(history, limits, [this](const std::string&, std::size_t by) {
          too_slow.push_back(by);
        }) {}

  void say(const std::string& room, unsigned count = 1) {
    for (unsigned i = 0; i < count; ++i) {
      history.add({history.last() + 1, room, "x"});
      is_behind = audience.tell(room);
    }
  }
  std::uint64_t join(Reader& reader, const std::string& room, std::uint64_t position) {
    const std::uint64_t number = audience.next_number();
    is_behind = audience.join(number, room, position, std::make_unique<ReaderOutlet>(reader));
    return number;
  }

  std::vector<std::size_t> too_slow;
  History history;
  Audience audience;
  bool is_behind = false;
};

}  // namespace

TEST_CASE("chat audience: listeners get what they miss, and what is said in their room") {
  Hall hall;
  hall.say("a", 3);
  Reader returning;
  Reader fresh;
  Reader elsewhere;
  hall.join(returning, "a", 1);
  hall.join(fresh, "a", hall.history.last());
  hall.join(elsewhere, "b", hall.history.last());
  CHECK(returning.received == "id: 2\ndata: x\n\nid: 3\ndata: x\n\n");
  hall.say("a");
  CHECK(returning.messages() == 3);
  CHECK(fresh.received == "id: 4\ndata: x\n\n");
  CHECK(elsewhere.received.empty());
  CHECK_FALSE(hall.is_behind);
  CHECK(hall.audience.count() == 3);
}

TEST_CASE("chat audience: one that leaves, or is gone when it is told, frees its place") {
  Hall hall({.places = 2});
  Reader first;
  Reader second;
  const std::uint64_t number = hall.join(first, "a", 0);
  hall.join(second, "a", 0);
  CHECK(hall.audience.is_full());
  hall.audience.leave(number, "a");
  hall.audience.leave(number, "a");
  hall.audience.leave(99, "nobody");
  CHECK(hall.audience.count() == 1);
  second.is_gone = true;
  hall.say("a");
  CHECK(hall.audience.count() == 0);
  Reader third;
  third.is_gone = true;
  hall.join(third, "a", 0);
  CHECK(hall.audience.count() == 0);
}

TEST_CASE("chat audience: one that takes nothing waits in the history, and holds nobody") {
  Hall hall({.buffered = 30});
  Reader slow{.takes_at_once = false};
  Reader quick;
  hall.join(slow, "a", 0);
  hall.join(quick, "a", 0);
  hall.say("a", 10);
  CHECK(hall.is_behind);
  CHECK(slow.messages() == 2);  // Of 15 bytes.
  CHECK(quick.messages() == 10);
  slow.waiting = 0;
  CHECK(hall.audience.catch_up());
  CHECK(slow.messages() == 4);
  slow.waiting = 0;
  slow.takes_at_once = true;
  CHECK_FALSE(hall.audience.catch_up());
  CHECK((slow.received == quick.received));
}

TEST_CASE("chat audience: one that falls too far behind is ended, and told of") {
  Hall hall({.buffered = 1, .behind = 5});
  Reader slow{.takes_at_once = false};
  hall.join(slow, "a", 0);
  hall.say("a", 6);
  CHECK_FALSE(slow.is_finished);
  hall.say("a");
  CHECK(slow.is_finished);
  CHECK(hall.too_slow == std::vector<std::size_t>{6});
  CHECK(hall.audience.count() == 0);
}

TEST_CASE("chat audience: one that comes back from afar has its time, as long as it goes on") {
  Hall hall({.buffered = 1, .behind = 5});
  hall.say("a", 20);
  Reader returning{.takes_at_once = false};
  hall.join(returning, "a", 0);
  CHECK(hall.is_behind);
  for (int i = 0; i < 10; ++i) {
    returning.waiting = 0;
    CHECK(hall.audience.catch_up());
  }
  CHECK(returning.messages() == 11);
  hall.say("a", 5);  // It is 14 behind: what it has yet to get of what it missed, and five.
  CHECK_FALSE(returning.is_finished);
  hall.say("a");
  CHECK(returning.is_finished);
}

TEST_CASE("chat audience: one that the history has overtaken is ended rather than told half") {
  Hall hall({.buffered = 1, .behind = 100}, 4);
  Reader slow{.takes_at_once = false};
  Reader quiet;
  hall.join(slow, "a", 0);
  hall.join(quiet, "b", 0);
  hall.say("a", 2);
  hall.say("b");
  hall.say("c", 10);
  slow.waiting = 0;
  hall.audience.catch_up();
  CHECK(slow.is_finished);
  CHECK(slow.messages() == 1);
  hall.say("b");
  CHECK(quiet.messages() == 2);
  CHECK_FALSE(quiet.is_finished);
}

TEST_CASE("chat audience: silence is broken for those who have nothing to read") {
  Hall hall;
  Reader idle;
  Reader busy{.waiting = 10};
  Reader gone{.is_gone = true};
  hall.join(idle, "a", 0);
  hall.join(busy, "a", 0);
  hall.join(gone, "b", 0);
  hall.audience.beat();
  CHECK(idle.received == ": \n\n");
  CHECK(busy.received.empty());
  CHECK(hall.audience.count() == 2);
}

TEST_CASE("chat audience: all are sent away with a time to come back, not all with the same") {
  Hall hall;
  Reader first;
  Reader second;
  hall.join(first, "a", 0);
  hall.join(second, "b", 0);
  hall.audience.dismiss();
  CHECK(first.received == "retry: 116\n\n");
  CHECK(second.received == "retry: 132\n\n");
  CHECK(first.is_finished);
  CHECK(second.is_finished);
  CHECK(hall.audience.count() == 0);
}
