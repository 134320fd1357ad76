#include "master/upgrade_state.h"

#include <chrono>
#include <random>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "ipc/records.h"

namespace appserver::master {
namespace {

using namespace std::chrono_literals;
using supervision::Place;
using supervision::WorkerState;

supervision::Worker worker_on(supervision::Slot slot, supervision::Generation generation) {
  supervision::Worker worker;
  worker.id = 10 + slot + 100 * generation;
  worker.slot = slot;
  worker.generation = generation;
  worker.pid = static_cast<int>(1000 * generation + slot);
  worker.state = WorkerState::Serving;
  worker.ready_at = TimePoint{1h};
  return worker;
}

supervision::GenerationEntry generation_of(supervision::Generation number,
                                           supervision::GenerationState state) {
  supervision::GenerationEntry entry;
  entry.generation = number;
  entry.state = state;
  entry.zygote.state = supervision::ZygoteState::Ready;
  entry.zygote.ready_at = TimePoint{59min};
  return entry;
}

// Generation 2 is live on both slots, the last worker of generation 1 is leaving.
supervision::LedgerCopy ledger() {
  supervision::LedgerCopy copy;
  copy.desired.workers = 2;
  copy.desired.live = 2;
  copy.desired.first_boot = false;
  copy.newest = 3;
  copy.next_worker = 999;
  copy.generations = {generation_of(1, supervision::GenerationState::Retired),
                      generation_of(2, supervision::GenerationState::Live)};
  copy.generations[0].zygote.state = supervision::ZygoteState::Leaving;
  copy.generations[0].zygote.deadline = TimePoint{2h};
  copy.generations[1].zygote.restarts = {3, TimePoint{61min}};
  copy.generations[1].last_failure = {supervision::BootFault::AppFailedToLoad, "50 % of\nit"};
  copy.workers = {worker_on(1, 1), worker_on(0, 2), worker_on(1, 2)};
  copy.workers[0].place = Place::None;
  copy.workers[0].state = WorkerState::Draining;
  copy.workers[0].asked = supervision::Rung::Stop;
  copy.workers[0].deadline = TimePoint{3h};
  copy.workers[0].hang = {TimePoint{64min}, TimePoint{65min}};
  copy.workers[0].failure = {supervision::BootFault::WorkerFailedToBoot, "no"};
  copy.workers[0].is_recycled = true;
  copy.workers[1].recycle = {"1000 requests served", TimePoint{66min}};
  copy.slots.resize(2);
  copy.slots[0].current = copy.workers[1].id;
  copy.slots[1].current = copy.workers[2].id;
  copy.slots[1].home = 2;
  copy.slots[1].refill = {4, TimePoint{62min}};
  copy.slots[1].had_outcome = true;
  return copy;
}

ReleaseState release(supervision::Generation generation, int first_fd) {
  ReleaseState state;
  state.generation = generation;
  state.options.app = "/srv/shop app.so";
  state.options.mounts = {"api.example.com/v1=/srv/api.so"};
  state.apps = {
      {{first_fd, "/srv/shop app.so", 12345, 0xfedcba9876543210, "ab12"},
       {{first_fd + 1, "/srv/libone.so", 1, 2, ""}, {first_fd + 2, "/srv/libtwo.so", 3, 4, "cd"}},
       7},
      {{first_fd + 3, "/srv/api.so", 1, 2, ""}, {}, 8}};
  return state;
}

UpgradeState example() {
  UpgradeState state;
  state.version = "1.2.3";
  state.program = "/usr/bin/appserverd";
  state.process_name = "appserverd";
  state.written_at = TimePoint{70min};
  state.shared.error_log = {"/var/log/a b.log", 10};
  state.shared.access_log = {"-", -1};
  state.shared.listeners = {
      {11, "http://127.0.0.1:80", "", "fd://web", 0, {}, {}, {}, true},
      {12, "unix:/run/s", "/run/s", "unix:/run/s", 64, 0660U, {}, 815U, false}};
  state.shared.passed_sockets = {{16, "a b"}};
  state.shared.service_variables = {{"NOTIFY_SOCKET", "@x y"}};
  state.shared.control_socket = state.shared.listeners.front();
  state.shared.control_socket->fd = 70;
  state.shared.control_socket->socket_file = "/run/c.sock";
  state.family.admin = AdminState{4999, 71, 72, 77};
  state.family.started_at = 1'795'600'000'123;
  state.shared.handoff_send = 13;
  state.shared.handoff_receive = 14;
  state.shared.scoreboard = 15;
  state.shared.pid_file = "/run/s.pid";
  FamilyState& family = state.family;
  family.options.workers = 2;
  family.options.bind = {"127.0.0.1:80", "unix:/run/s"};
  family.options.env = {"A=\"quoted\"", "B=\xc3\xa4"};
  family.options.umask = 027;
  family.options.graceful_timeout = 1500ms;
  family.deployed_apps = {{"api.example.com/v1", "/srv/new api.so"}};
  family.releases = {release(1, 20), release(2, 30)};
  family.zygotes = {{1, 501, 40}, {2, 502, 41}};
  family.workers = {{1001, 0, 50, true}, {2000, 1, 51, true}, {2001, 2, 52, false}};
  family.ledger = ledger();
  return state;
}

// The text with its first `from` replaced.
std::string changed(const std::string& from, const std::string& to) {
  std::string text = write_state(example());
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string refused(const std::string& text) {
  const auto state = read_state(text);
  REQUIRE_FALSE(state.has_value());
  return state.error().message;
}

TEST_CASE("UpgradeState: what was written is read back") {
  const std::string text = write_state(example());
  const auto state = read_state(text);
  REQUIRE(state.has_value());
  CHECK(write_state(*state) == text);
  CHECK(state->program == "/usr/bin/appserverd");
  CHECK(state->written_at == TimePoint{70min});
  CHECK(state->shared.error_log.name == "/var/log/a b.log");
  CHECK(state->shared.access_log->fd == -1);
  CHECK(state->shared.listeners[0].is_shared);
  CHECK(state->shared.listeners[1].socket_file == "/run/s");
  CHECK(state->shared.listeners[1].bind == "unix:/run/s");
  CHECK(state->shared.listeners[1].backlog == 64);
  CHECK(state->shared.listeners[1].mode == 0660U);
  CHECK_FALSE(state->shared.listeners[1].user.has_value());
  CHECK(state->shared.listeners[1].group == 815U);
  CHECK(state->shared.passed_sockets[0].fd == 16);
  CHECK(state->shared.service_variables[0].value == "@x y");
  REQUIRE(state->shared.control_socket.has_value());
  CHECK(state->shared.control_socket->socket_file == "/run/c.sock");
  CHECK_FALSE(state->shared.admin_address.has_value());
  REQUIRE(state->family.admin.has_value());
  CHECK(state->family.admin->pid == 4999);
  CHECK(state->family.admin->engine == 72);
  CHECK(state->family.admin->upgrade_command == 77);
  CHECK(state->family.started_at == 1'795'600'000'123);
  CHECK(state->family.options.env == example().family.options.env);
  CHECK(state->family.options.umask == 027U);
  CHECK(state->family.options.graceful_timeout == 1500ms);
  CHECK(state->family.releases[1].apps[0].libraries[1].build_id == "cd");
  CHECK(state->family.releases[1].apps[1].number == 8);
  CHECK(state->family.deployed_apps[0].path == "/srv/new api.so");
  CHECK(state->family.releases[1].apps[0].app.digest == 0xfedcba9876543210);
  CHECK(state->family.workers[2].channel == 52);
  CHECK_FALSE(state->family.workers[2].said_ready);
  CHECK(state->refusal.empty());
}

TEST_CASE("UpgradeState: every number of the ledger is read back") {
  const auto state = read_state(write_state(example()));
  REQUIRE(state.has_value());
  const supervision::LedgerCopy& copy = state->family.ledger;
  CHECK(copy.newest == 3);
  CHECK(copy.next_worker == 999);
  CHECK(copy.generations[0].zygote.deadline == TimePoint{2h});
  CHECK(copy.generations[1].zygote.restarts.not_before == TimePoint{61min});
  CHECK(copy.generations[1].last_failure.why == "50 % of\nit");
  CHECK(copy.workers[0].asked == supervision::Rung::Stop);
  CHECK(copy.workers[0].failure->why == "no");
  CHECK(copy.workers[0].hang->told_at == TimePoint{65min});
  CHECK(copy.workers[1].recycle->why == "1000 requests served");
  CHECK(copy.workers[1].recycle->since == TimePoint{66min});
  CHECK(copy.workers[0].is_recycled);
  CHECK_FALSE(copy.workers[2].recycle.has_value());
  CHECK_FALSE(copy.workers[1].failure.has_value());
  CHECK(copy.workers[1].ready_at == TimePoint{1h});
  CHECK(copy.slots[1].refill.quick_deaths == 4);
  CHECK(copy.slots[0].current == copy.workers[1].id);
  CHECK_FALSE(copy.slots[0].successor.has_value());
}

TEST_CASE("UpgradeState: all descriptors are named, and standard ones are not among them") {
  CHECK(descriptors_of(example()) == std::vector<int>{13, 14, 15, 10, 11, 12, 70, 71,
                                                      72, 16, 20, 21, 22, 23, 30, 31,
                                                      32, 33, 40, 41, 50, 51, 52});
}

TEST_CASE("UpgradeState: additions of a later version are left alone") {
  CHECK(read_state(changed("shared ", "shared new_thing=7 ")).has_value());
  CHECK(read_state(changed("end\n", "new_kind a=1\nend\n")).has_value());
}

TEST_CASE("UpgradeState: a refusal that was added is read with the state") {
  const auto state = read_state(write_state(example()) + write_refusal("it is 100 % full"));
  REQUIRE(state.has_value());
  CHECK(state->refusal == "it is 100 % full");
}

TEST_CASE("UpgradeState: other versions are refused, and told") {
  for (const char* version : {"state=", "protocol=", "handoff=", "scoreboard="}) {
    const std::string text = changed(version, std::string(version) + "9");
    CHECK(refused(text).find("restart the server instead") != std::string::npos);
  }
  CHECK(refused(changed("entry_size=", "entry_size=9")).find("keeps its state in form") !=
        std::string::npos);
}

TEST_CASE("UpgradeState: what does not fit together is refused") {
  for (const auto& [from, to] : {std::pair{"appserverd_state", "other"},
                                 {"end\n", ""},
                                 {"fd=10", "fd=2"},
                                 {"fd=11", "fd=12"},
                                 {"handoff_send=13", "handoff_send=-1"},
                                 {"scoreboard=15", "scoreboard=x"},
                                 {"zygote_process generation=1", "zygote_process generation=4"},
                                 {"pid=501", "pid=502"},
                                 {"pid=501", "pid=1"},
                                 {"pid=1001 score=0", "pid=1001 score=1"},
                                 {"pid=1001 score", "pid=1002 score"},
                                 {"pid=1001 score", "pid=-1001 score"},
                                 {"release generation=1", "release generation=9"},
                                 {"release ", "unreleased "},
                                 {"\napp ", "\nunknown "},
                                 {"state=1 asked", "state=3 asked"},
                                 {"state=1 asked", "state=-1 asked"},
                                 {"said_ready=1", "said_ready=yes"},
                                 {"digest=", "digest=99999999"},
                                 {"options=", "options=no_such_option%20"},
                                 {"options=", "options=%01"}}) {
    CAPTURE(from);
    CAPTURE(to);
    CHECK_FALSE(refused(changed(from, to)).empty());
  }
}

TEST_CASE("UpgradeState: a text that is cut off anywhere is refused") {
  const std::string text = write_state(example());
  for (std::size_t size = 0; size + 1 < text.size(); size += 7) {
    CHECK_FALSE(read_state(text.substr(0, size)).has_value());
  }
}

TEST_CASE("UpgradeState: bytes that were changed at random harm nobody") {
  const std::string text = write_state(example());
  std::mt19937 random(1);
  int accepted = 0;
  for (int i = 0; i < 4000; ++i) {
    std::string garbled = text;
    for (unsigned changes = 1 + random() % 4; changes > 0; --changes) {
      garbled[random() % garbled.size()] = static_cast<char>(random() % 256);
    }
    const auto state = read_state(garbled);
    accepted += state ? 1 : 0;
    if (state) {
      CHECK(read_state(write_state(*state)).has_value());
    }
  }
  MESSAGE("read in spite of it: " << accepted << " of 4000");
}

}  // namespace
}  // namespace appserver::master
