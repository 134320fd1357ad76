#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "chaos/tally.h"

namespace appserver::chaos {

class Scene;

// How the server of an event is started. Events in a row with equal plans share one server.
struct ServerPlan {
  // Options of appserverd beside those that every server of the suite has. Here and in the launcher
  // {folder} stands for the scene's folder, {few} for a number of descriptors that is too small.
  std::vector<std::string> options = {};
  // A program and its arguments that become the server: those of the server follow. Empty: none.
  std::vector<std::string> launcher = {};
  // The log does not go to standard error: the server is found by a unix socket.
  bool logs_elsewhere = false;
  // Clients of the habit OneShot beside the usual ones.
  unsigned more_one_shots = 0;

  friend bool operator==(const ServerPlan&, const ServerPlan&) = default;
};

// That something may happen to so many clients, which is forbidden otherwise.
struct Allowance {
  Column column;
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
};

// Something that happens to a server while clients are being served: a row of the table.
struct Event {
  std::string name;
  // Makes it happen, and returns when the server has heard of it. The suite then waits until the
  // server is whole again. What each step allows or demands is said by the scene's verbs.
  std::function<void(Scene&)> happen;
  // What else may happen to clients. Empty: all of them are answered.
  std::vector<Allowance> allowed = {};
  ServerPlan server = {};
};

// The whole list, in order.
[[nodiscard]] std::vector<Event> all_events();

// The parts that it is made of, each in a file of its own.
void add_deployments(std::vector<Event>& events);
void add_upgrades(std::vector<Event>& events);
void add_deaths(std::vector<Event>& events);
void add_recyclings(std::vector<Event>& events);
void add_shortages(std::vector<Event>& events);

}  // namespace appserver::chaos
