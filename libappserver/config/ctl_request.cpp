#include "config/ctl_request.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "config/log_levels.h"
#include "config/nearest_name.h"
#include "config/quote.h"
#include "config/units.h"

namespace appserver::config {
namespace {

constexpr std::array kGeneral{
    CtlOption{"--server", "SOCKET|NAME", "Which server; needed when several run."},
    CtlOption{"--json", "", "What the server says, unchanged, for programs."},
    CtlOption{"--help", "", "Print this text and exit."},
};
constexpr CtlOption kMount{"--mount", "[HOST]/PATH", "Whose app; needed when there are several."};
constexpr std::array kRollbackOptions{kMount};
constexpr std::array kDeployOptions{
    kMount,
    CtlOption{"--canary", "N", "Swap N workers first, and the others when these do well."},
    CtlOption{"--watch", "TIME", "How long the new release is watched."},
    CtlOption{"--no-verify", "", "Leave out the checks before the swap."},
    CtlOption{"--force", "", "Also when the file is that of the live release."},
    CtlOption{"--supersede", "", "In the place of a deploy that is under way."},
};
constexpr std::array kStopOptions{
    CtlOption{"--quick", "", "Do not wait for requests that are under way."},
};
constexpr std::array kVerbs{
    CtlVerb{CtlCommand::Status, "status", "", "How the server is: generations, workers, deploys."},
    CtlVerb{CtlCommand::Workers, "workers", "", "The worker processes and what they do."},
    CtlVerb{CtlCommand::Releases, "releases", "", "The releases that are kept."},
    CtlVerb{CtlCommand::Deploy, "deploy", "PATH", "Roll out a file, verified and watched.",
            kDeployOptions},
    CtlVerb{CtlCommand::Reload, "reload", "", "Roll out the same path again, as HUP does."},
    CtlVerb{CtlCommand::Rollback, "rollback", "", "Put the release before the live one back.",
            kRollbackOptions},
    CtlVerb{CtlCommand::Scale, "scale", "N", "Have N workers."},
    CtlVerb{CtlCommand::Recycle, "recycle", "", "Replace each worker by a fresh one."},
    CtlVerb{CtlCommand::Stop, "stop", "", "Stop the server, and wait until it is gone.",
            kStopOptions},
    CtlVerb{CtlCommand::Logs, "logs", "reopen|level LEVEL",
            "Open the log files again; or change the level until the next reload."},
    CtlVerb{CtlCommand::Upgrade, "upgrade", "", "Go on with the program that is on disk."},
    CtlVerb{CtlCommand::Metrics, "metrics", "", "Numbers, in the format of Prometheus."},
    CtlVerb{CtlCommand::Events, "events", "", "Follow what happens, until interrupted."},
    CtlVerb{CtlCommand::Top, "top", "", "Look at the status, again each second."},
};

// What the words of the command line are, before they mean anything.
struct Words {
  std::string canary;
  std::string watch;
  bool no_verify = false;
  std::string workers;
  std::vector<std::string> logs;
};

CLI::App& add_verb(CLI::App& app, const CtlVerb& verb, CtlRequest& request, Words& words) {
  CLI::App& sub = *app.add_subcommand(std::string(verb.name));
  sub.set_help_flag();
  sub.fallthrough();  // --json may stand behind the command as well.
  switch (verb.command) {
    case CtlCommand::Deploy:
      sub.add_option("PATH", request.path)->required();
      sub.add_option("--mount", request.mount);
      sub.add_option("--canary", words.canary);
      sub.add_option("--watch", words.watch);
      sub.add_flag("--no-verify", words.no_verify);
      sub.add_flag("--force", request.force);
      sub.add_flag("--supersede", request.supersede);
      break;
    case CtlCommand::Rollback:
      sub.add_option("--mount", request.mount);
      break;
    case CtlCommand::Scale:
      sub.add_option("N", words.workers)->required();
      break;
    case CtlCommand::Stop:
      sub.add_flag("--quick", request.quick);
      break;
    case CtlCommand::Logs:
      sub.add_option("WHAT", words.logs)->required()->expected(1, 2);
      break;
    default:
      break;
  }
  return sub;
}

Result<unsigned> read_count(const std::string& text, const std::string& name) {
  constexpr std::int64_t kMost = 1024;
  const auto count = parse_integer(text);
  if (!count || *count < 0 || *count > kMost) {
    return failure(name + ": " + in_quotes(text) + " is no number from 0 to 1024");
  }
  return static_cast<unsigned>(*count);
}

Result<std::string> read_logs(const std::vector<std::string>& words) {
  if (words.size() == 1 && words[0] == "reopen") {
    return std::string();
  }
  if (words.size() == 2 && words[0] == "level" && log_level_named(words[1])) {
    return words[1];
  }
  return failure(std::string("logs takes `reopen`, or `level` with debug, info, warning or error"));
}

Result<Ok> read_words(const Words& words, CtlRequest& request) {
  request.verify = !words.no_verify;
  if (!words.canary.empty()) {
    auto count = read_count(words.canary, "--canary");
    if (!count) {
      return failure(std::move(count.error()));
    }
    request.canary = *count;
  }
  if (!words.watch.empty()) {
    request.watch = parse_duration(words.watch);
    if (!request.watch) {
      return failure("--watch: " + in_quotes(words.watch) + " is no time like 500ms, 30s or 2m");
    }
  }
  if (request.command == CtlCommand::Scale) {
    auto count = read_count(words.workers, "scale");
    if (!count || *count == 0) {
      return failure("scale: " + in_quotes(words.workers) + " is no number from 1 to 1024");
    }
    request.workers = *count;
  }
  if (request.command == CtlCommand::Logs) {
    auto level = read_logs(words.logs);
    if (!level) {
      return failure(std::move(level.error()));
    }
    request.log_level = std::move(*level);
  }
  return ok();
}

Failure<Error> unknown_command(const std::string& word) {
  std::vector<std::string> known;
  for (const CtlVerb& verb : kVerbs) {
    known.emplace_back(verb.name);
  }
  const auto nearest = nearest_name(word, known);
  return failure("ctl: there is no command " + in_quotes(word) +
                 (nearest ? "; did you mean " + *nearest + "?" : "; see appserverd ctl --help"));
}

std::string entry(std::string_view left, std::string_view right) {
  constexpr std::size_t kColumn = 30;
  std::string line = "  " + std::string(left);
  line += line.size() + 2 > kColumn ? "\n" + std::string(kColumn, ' ')
                                    : std::string(kColumn - line.size(), ' ');
  return line + std::string(right) + "\n";
}

std::string joined(std::string_view name, std::string_view rest) {
  return rest.empty() ? std::string(name) : std::string(name) + " " + std::string(rest);
}

}  // namespace

std::span<const CtlVerb> ctl_verbs() {
  return kVerbs;
}

std::span<const CtlOption> ctl_general_options() {
  return kGeneral;
}

Result<std::optional<CtlRequest>> read_ctl_request(std::span<const char* const> words) {
  CtlRequest request;
  Words texts;
  bool wants_help = false;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  app.add_flag("-h,--help", wants_help);
  app.add_option("-s,--server", request.server);
  app.add_flag("--json", request.json);
  app.require_subcommand(0, 1);
  std::vector<std::pair<const CLI::App*, CtlCommand>> verbs;
  for (const CtlVerb& verb : kVerbs) {
    verbs.emplace_back(&add_verb(app, verb, request, texts), verb.command);
  }
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  try {
    app.parse(std::move(reversed));  // It takes them from the back.
  } catch (const CLI::Error& error) {
    return failure("ctl: " + printable(error.what()) + "; see appserverd ctl --help");
  }
  if (wants_help) {
    return std::optional<CtlRequest>();
  }
  const auto chosen =
      std::find_if(verbs.begin(), verbs.end(), [](const auto& one) { return one.first->parsed(); });
  if (const auto extra = app.remaining(true); !extra.empty()) {
    return chosen == verbs.end() && !extra.front().starts_with('-')
               ? unknown_command(extra.front())
               : failure("ctl: " + in_quotes(extra.front()) +
                         " is not understood here; see appserverd ctl --help");
  }
  if (chosen == verbs.end()) {
    return failure(std::string("ctl: what is to be done? See appserverd ctl --help"));
  }
  request.command = chosen->second;
  if (auto read = read_words(texts, request); !read) {
    return failure(std::move(read.error()));
  }
  return std::optional(std::move(request));
}

std::string ctl_help_text() {
  std::string text =
      "Usage: appserverd ctl [-s SOCKET|NAME] [--json] COMMAND\n\n"
      "Looks at a running server and tells it what to do, and waits until it is "
      "done.\n\nCommands:\n";
  for (const CtlVerb& verb : kVerbs) {
    text += entry(joined(verb.name, verb.arguments), verb.help);
    for (const CtlOption& option : verb.options) {
      text += entry("  " + joined(option.name, option.metavar), option.help);
    }
  }
  text += "\nOptions:\n";
  for (const CtlOption& option : kGeneral) {
    text += entry(joined(option.name == "--server" ? "-s, --server" : option.name, option.metavar),
                  option.help);
  }
  return text +
         "\nExit status: 0 the effect is reached; 1 it is not; 2 the release was rolled back; 3 "
         "no\n"
         "server can be reached.\n";
}

}  // namespace appserver::config
