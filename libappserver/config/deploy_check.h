#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace appserver::config {

// One request that a release has to answer as wished before it gets a client: a [[deploy.check]] of
// the TOML file. A plain value.
struct DeployCheck {
  std::string path;  // The request's target, from its slash on.
  std::string method = "GET";
  int status = 200;
  std::string body{};  // A pattern that is to be found in the answer's body; empty: any body.
  std::chrono::milliseconds deadline{5'000};  // For the whole answer.
  int repeat = 1;                             // So many times in a row.

  friend bool operator==(const DeployCheck&, const DeployCheck&) = default;
};

// The checks as TOML that is read back as the same ones; each begins with an empty line. [any]
[[nodiscard]] std::string toml_of(const std::vector<DeployCheck>& checks);

}  // namespace appserver::config
