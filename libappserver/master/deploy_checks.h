#pragma once

#include <string>

#include "base/result.h"
#include "config/deploy_check.h"
#include "ipc/channel.h"

// The checks of a deploy, as the process runs them that is made for them. It reads what the release
// answers, so it is neither the master nor privileged. [check child]
namespace appserver::master {

// Sends one request to the unix socket and looks at the answer.
// Errors: how the answer is not as wished, as the end of a sentence that begins with the request.
[[nodiscard]] Result<Ok> run_check(const std::string& socket, const config::DeployCheck& check);

struct CheckRound {
  const std::vector<config::DeployCheck>& checks;
  const std::string& command;  // Empty: there is none.
  const std::string& socket;
};

// Runs all checks and then the command, and tells `master` of each how it ended, until one fails.
// Returns: the process's exit status; 0 when all passed.
[[nodiscard]] int run_checks(const CheckRound& round, ipc::Channel& master);

}  // namespace appserver::master
