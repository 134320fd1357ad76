// The program: reads what it is asked to do, does it, and turns the outcome into text and exit
// status.

#include <algorithm>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include "app/check.h"
#include "app/mounted_app.h"
#include "base/exit_codes.h"
#include "base/process_title.h"
#include "base/version.h"
#include "config/completion.h"
#include "config/ctl_request.h"
#include "config/environment.h"
#include "config/invocation.h"
#include "config/mount.h"
#include "ctl/ctl.h"
#include "master/relay.h"
#include "new_project.h"
#include "serve.h"

namespace {

using appserver::kBadConfiguration;
using appserver::Result;
using appserver::config::Environment;
using appserver::config::Invocation;
using appserver::master::UpgradeOrder;

int complain(const std::string& why) {
  std::fprintf(stderr, "appserverd: %s\n", why.c_str());
  return kBadConfiguration;
}

// The command line and environment as they were at the start: the process title is written over the
// originals, and SIGHUP reads them again.
struct Origin {
  std::vector<std::string> arguments;
  Environment environment;

  [[nodiscard]] Result<Invocation> read() const {
    std::vector<const char*> pointers;
    for (const std::string& argument : arguments) {
      pointers.push_back(argument.c_str());
    }
    return appserver::config::read_invocation(pointers, environment);
  }
};

int conclude(const appserver::ServeResult& result) {
  if (!result.complaint.empty()) {
    complain(result.complaint);
  }
  return result.exit_code;
}

appserver::Start start_of(const Origin& origin) {
  return {origin.arguments, [&origin]() -> Result<appserver::config::Options> {
            auto again = origin.read();
            if (!again) {
              return appserver::failure(std::move(again.error()));
            }
            return std::move(again->options);
          }};
}

// This program was executed by a running server. The options are those that the server has; the
// configuration is read by a probe only, because a reload will need it.
int follow(const UpgradeOrder& order, const Origin& origin, appserver::ProcessTitle& title) {
  if (order.task != UpgradeOrder::Task::Probe) {
    return conclude(appserver::take_over(order, title, start_of(origin)));
  }
  const auto invocation = origin.read();
  if (!invocation) {
    return complain(invocation.error().message);
  }
  const auto result = appserver::rehearse_takeover(order, title, start_of(origin));
  if (result.exit_code == 0) {
    const std::string_view accepts = appserver::master::kAcceptance;
    std::printf("appserverd %s %.*s\n", appserver::kVersion, static_cast<int>(accepts.size()),
                accepts.data());
  }
  return conclude(result);
}

int check(const Invocation& invocation) {
  const appserver::config::Options& options = invocation.options;
  const auto mounts = appserver::config::mounts_of(options);
  int exit_code = 0;
  for (const appserver::config::Mount& mount : mounts) {
    const auto report =
        appserver::app::check_app(mount.app, options.boot_timeout, appserver::kVersion);
    const std::string text = appserver::app::said_of(mount, mounts.size(), report.text);
    std::fputs(text.c_str(), report.exit_code == 0 ? stdout : stderr);
    exit_code = std::max(exit_code, report.exit_code);
  }
  return exit_code;
}

int make_project(const std::string& name) {
  const auto made = appserver::make_project(name, ".");
  if (!made) {
    return complain(made.error().message);
  }
  std::fputs(made->c_str(), stdout);
  return 0;
}

int control(std::span<const char* const> words) {
  const auto request = appserver::config::read_ctl_request(words);
  if (!request) {
    return complain(request.error().message);
  }
  if (!request->has_value()) {
    std::fputs(appserver::config::ctl_help_text().c_str(), stdout);
    return 0;
  }
  return appserver::ctl::run(**request);
}

int complete(std::span<const char* const> words) {
  const auto script =
      words.size() == 1 ? appserver::config::completion_script(words.front()) : std::nullopt;
  if (!script) {
    return complain("completion is for bash, zsh or fish; usage: appserverd completion SHELL");
  }
  std::fputs(script->c_str(), stdout);
  return 0;
}

int run(int argc, char** argv) {
  const std::span<const char* const> words(argv, static_cast<std::size_t>(argc));
  if (argc > 1 && std::string_view(words[1]) == "ctl") {
    return control(words.subspan(2));
  }
  if (argc > 1 && std::string_view(words[1]) == "completion") {
    return complete(words.subspan(2));
  }
  const auto order = appserver::master::take_upgrade_order();
  if (!order) {
    return complain(order.error().message);
  }
  const Origin origin{{argv, argv + argc}, appserver::config::environment_from(environ)};
  if (order->has_value()) {
    appserver::ProcessTitle title(argc, argv);
    return follow(**order, origin, title);
  }
  const auto invocation = origin.read();
  if (!invocation) {
    return complain(invocation.error().message);
  }
  switch (invocation->mode) {
    case Invocation::Mode::PrintText:
    case Invocation::Mode::CheckConfig:
      std::fputs(invocation->text.c_str(), stdout);
      return 0;
    case Invocation::Mode::New:
      return make_project(invocation->text);
    case Invocation::Mode::Check:
      return check(*invocation);
    case Invocation::Mode::Serve:
      break;
  }
  appserver::ProcessTitle title(argc, argv);
  return conclude(appserver::serve(invocation->options, title, start_of(origin)));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    return complain(std::string("unexpected failure: ") + error.what());
  }
}
