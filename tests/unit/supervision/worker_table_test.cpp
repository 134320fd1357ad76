#include "supervision/worker_table.h"

#include <chrono>

#include <doctest/doctest.h>

namespace appserver::supervision {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kDeadline = TimePoint{} + 1h;

// Two vacant slots.
WorkerTable two_slots() {
  WorkerTable table;
  table.add_slot(1);
  table.add_slot(1);
  return table;
}

}  // namespace

TEST_CASE("WorkerTable: a forked worker is known by its pid and has its place") {
  WorkerTable table = two_slots();
  CHECK(table.expect(1, 1, Place::Current, kDeadline));
  CHECK(table.has_unanswered_forks());
  Worker* const worker = table.bind(1, 1, 700);
  REQUIRE(worker != nullptr);
  CHECK_FALSE(table.has_unanswered_forks());
  CHECK(table.with_pid(700) == worker);
  CHECK(table.current(1) == worker);
  CHECK(table.current(0) == nullptr);
}

TEST_CASE("WorkerTable: a worker that nobody expects is not taken") {
  WorkerTable table = two_slots();
  CHECK(table.expect(0, 1, Place::Current, kDeadline));
  CHECK(table.bind(1, 1, 700) == nullptr);
  CHECK(table.bind(0, 2, 700) == nullptr);
  CHECK(table.with_pid(700) == nullptr);
  CHECK(table.has_unanswered_forks());
}

TEST_CASE("WorkerTable: a pid that means more than one process is not taken") {
  WorkerTable table = two_slots();
  CHECK(table.expect(0, 1, Place::Current, kDeadline));
  CHECK(table.bind(0, 1, 0) == nullptr);
  CHECK(table.bind(0, 1, -1) == nullptr);
  CHECK(table.has_unanswered_forks());
}

TEST_CASE("WorkerTable: two workers cannot have one pid") {
  WorkerTable table = two_slots();
  CHECK(table.expect(0, 1, Place::Current, kDeadline));
  CHECK(table.expect(1, 1, Place::Current, kDeadline));
  REQUIRE(table.bind(0, 1, 700) != nullptr);
  CHECK(table.bind(1, 1, 700) == nullptr);
}

TEST_CASE("WorkerTable: a reaped pid is forgotten and its place is free") {
  WorkerTable table = two_slots();
  CHECK(table.expect(0, 1, Place::Current, kDeadline));
  REQUIRE(table.bind(0, 1, 700) != nullptr);
  const auto departure = table.remove(700);
  REQUIRE(departure);
  CHECK(departure->place == Place::Current);
  CHECK(departure->worker.pid == 700);
  CHECK(table.with_pid(700) == nullptr);
  CHECK(table.current(0) == nullptr);
  CHECK_FALSE(table.has_any_of(1));
}

TEST_CASE("WorkerTable: reaping an unknown pid changes nothing") {
  WorkerTable table = two_slots();
  CHECK(table.expect(0, 1, Place::Current, kDeadline));
  REQUIRE(table.bind(0, 1, 700) != nullptr);
  CHECK_FALSE(table.remove(701));
  CHECK(table.with_pid(700) != nullptr);
}

TEST_CASE("WorkerTable: a promoted successor is the current worker and the old one has no place") {
  WorkerTable table = two_slots();
  CHECK(table.expect(0, 1, Place::Current, kDeadline));
  CHECK(table.expect(0, 2, Place::Successor, kDeadline));
  Worker* const old = table.bind(0, 1, 700);
  Worker* const heir = table.bind(0, 2, 800);
  CHECK(table.successor_count() == 1);
  CHECK(table.promote_successor(0) == old);
  CHECK(table.current(0) == heir);
  CHECK(table.successor(0) == nullptr);
  CHECK(table.successor_count() == 0);
  CHECK(old->place == Place::None);
  CHECK_FALSE(table.is_staffed_by(1));
  CHECK(table.has_any_of(1));
}

TEST_CASE("WorkerTable: a vacated worker is draining and still known by its pid") {
  WorkerTable table = two_slots();
  CHECK(table.expect(0, 1, Place::Current, kDeadline));
  Worker* const worker = table.bind(0, 1, 700);
  table.vacate(*worker);
  CHECK(table.current(0) == nullptr);
  CHECK(worker->state == WorkerState::Draining);
  CHECK(table.with_pid(700) == worker);
}

TEST_CASE("WorkerTable: a vacated worker survives its slot") {
  WorkerTable table = two_slots();
  CHECK(table.expect(1, 1, Place::Current, kDeadline));
  table.vacate(*table.bind(1, 1, 700));
  table.remove_last_slot();
  const auto departure = table.remove(700);
  REQUIRE(departure);
  CHECK(departure->place == Place::None);
  CHECK(departure->worker.slot == 1);
}

TEST_CASE("WorkerTable: a fork given up but not answered yet is taken when one is wanted again") {
  WorkerTable table = two_slots();
  CHECK(table.expect(0, 1, Place::Current, kDeadline));
  table.vacate(*table.current(0));
  CHECK_FALSE(table.expect(0, 1, Place::Current, kDeadline));
  Worker* const worker = table.bind(0, 1, 700);
  REQUIRE(worker != nullptr);
  CHECK(worker->state == WorkerState::Starting);
  CHECK(table.current(0) == worker);
  CHECK_FALSE(table.has_unanswered_forks());
}

TEST_CASE("WorkerTable: a dead zygote's unanswered forks are gone, its workers stay") {
  WorkerTable table = two_slots();
  CHECK(table.expect(0, 1, Place::Current, kDeadline));
  REQUIRE(table.bind(0, 1, 700) != nullptr);
  CHECK(table.expect(1, 1, Place::Current, kDeadline));
  CHECK(table.expect(0, 2, Place::Successor, kDeadline));
  table.remove_forks(1);
  CHECK(table.current(1) == nullptr);
  CHECK(table.with_pid(700) != nullptr);
  CHECK(table.successor(0) != nullptr);
}

}  // namespace appserver::supervision
