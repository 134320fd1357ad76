#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "support/eventually.h"
#include "support/server_process.h"

namespace appserver::test {

// What a program that has ended left behind.
struct ProgramRun {
  ExitStatus status = {};
  std::string output = {};
  std::string error = {};  // What it wrote to standard error.
  milliseconds duration = {};
};

// Runs a program, which is looked for in PATH, to its end; `input` is its standard input.
// Returns: how it ended. Errors: ends the test case as failed when the program cannot be started or
// runs longer than the deadline; it is killed then.
[[nodiscard]] ProgramRun run_program(std::string program, std::vector<std::string> arguments,
                                     const std::filesystem::path& input = "/dev/null",
                                     milliseconds deadline = 20s);

}  // namespace appserver::test
