#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

// `appserverd ctl`: what a running server is asked for on the command line. [any] Pure.
namespace appserver::config {

enum class CtlCommand {
  Status,
  Workers,
  Releases,
  Deploy,
  Reload,
  Rollback,
  Scale,
  Recycle,
  Stop,
  Logs,
  Upgrade,
  Metrics,
  Events,
  Top,
};

struct CtlRequest {
  CtlCommand command = CtlCommand::Status;
  std::string server;  // The path of a control socket, or a server's name; empty: the only one.
  bool json = false;
  std::string path;   // Deploy.
  std::string mount;  // Deploy, Rollback; empty: the only one.
  std::optional<unsigned> canary;
  std::optional<std::chrono::milliseconds> watch;
  bool verify = true;
  bool force = false;
  bool supersede = false;
  unsigned workers = 0;   // Scale.
  bool quick = false;     // Stop.
  std::string log_level;  // Logs; empty: they are opened again.
};

// What `ctl` understands, for its help and for shells.
struct CtlOption {
  std::string_view name;  // "--canary"
  std::string_view metavar = {};
  std::string_view help;
};
struct CtlVerb {
  CtlCommand command;
  std::string_view name;
  std::string_view arguments;  // "PATH", "reopen|level LEVEL"
  std::string_view help;
  std::span<const CtlOption> options = {};
};
[[nodiscard]] std::span<const CtlVerb> ctl_verbs();
[[nodiscard]] std::span<const CtlOption> ctl_general_options();

// Reads the words behind `ctl`. Returns: nothing when they ask for help.
// Errors: one line that says what is wrong with them.
[[nodiscard]] Result<std::optional<CtlRequest>> read_ctl_request(
    std::span<const char* const> words);

[[nodiscard]] std::string ctl_help_text();

}  // namespace appserver::config
