// The clients of the chaos suite as a program, for any server that has the routes of chaos_app. It
// is led by lines of its standard input, and says one line for each; see
// tests/bench/chaos_peers.sh.
//
//   chaos_load PORT [--no-bodies]       the load, until the line "end" or the end of the input
//     wait N              waits until N more requests have ended
//     ask TARGET STATUS   has a client ask for something harmful, which STATUS should answer
//     row NAME            waits for all answers that are due; says a row of the table, with all
//                         that happened since the last one
//   chaos_load --head                   the head of that table
//   chaos_load --write-answers FOLDER   files with the answers, for servers that run no app
#include <cstdlib>
#include <exception>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "chaos/crowd.h"
#include "chaos/question.h"
#include "chaos/table.h"

namespace {

using appserver::chaos::Crowd;
using appserver::chaos::CrowdPlan;
using appserver::chaos::Questions;

std::string obey(Crowd& crowd, const std::string& line) {
  std::istringstream words(line);
  std::string order;
  words >> order;
  if (order == "wait") {
    std::uint64_t count = 0;
    words >> count;
    return crowd.wait_for_more_requests(count) ? "done" : "no answers";
  }
  if (order == "ask") {
    std::string target;
    int status = 0;
    words >> target >> status;
    crowd.ask(Questions::harmful(target, status));
    return "asked";
  }
  if (order == "row") {
    std::string name;
    std::getline(words >> std::ws, name);
    const bool settled = crowd.settle();
    return appserver::chaos::table_row(name, crowd.take()) +
           (settled ? "" : "  (requests are left without an end)");
  }
  return "not understood: " + line;
}

void run(int port, bool bodies) {
  CrowdPlan plan;
  plan.bodies = bodies;
  plan.patience = std::chrono::seconds(10);
  Crowd crowd({.port = port}, plan);
  for (std::string line; std::getline(std::cin, line) && line != "end";) {
    std::cout << obey(crowd, line) << std::endl;
  }
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  if (arguments.size() == 1 && arguments[0] == "--head") {
    std::cout << appserver::chaos::table_head() << '\n';
  } else if (arguments.size() == 2 && arguments[0] == "--write-answers") {
    appserver::chaos::write_answers(std::string(arguments[1]));
  } else if (!arguments.empty()) {
    run(std::atoi(argv[1]), arguments.back() != "--no-bodies");
  } else {
    std::cerr << "usage: chaos_load PORT [--no-bodies] | --head | --write-answers FOLDER\n";
    return 2;
  }
  return 0;
} catch (const std::exception& error) {
  std::cerr << "chaos_load: " << error.what() << '\n';
  return 1;
}
