// The program: reads what it is asked to do, does it, and turns the outcome into text and exit
// status.

#include <cstdio>
#include <exception>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "app/check.h"
#include "base/process_title.h"
#include "base/version.h"
#include "config/environment.h"
#include "config/invocation.h"
#include "serve.h"

namespace {

using appserver::Result;
using appserver::config::Environment;
using appserver::config::Invocation;

constexpr int kBadConfiguration = 1;

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

int serve(const Invocation& invocation, const Origin& origin, appserver::ProcessTitle& title) {
  const auto result = appserver::serve(invocation.options, title,
                                       [&origin]() -> Result<appserver::config::Options> {
                                         auto again = origin.read();
                                         if (!again) {
                                           return appserver::failure(std::move(again.error()));
                                         }
                                         return std::move(again->options);
                                       });
  if (!result.complaint.empty()) {
    complain(result.complaint);
  }
  return result.exit_code;
}

int check(const Invocation& invocation) {
  const auto report = appserver::app::check_app(
      invocation.options.app, invocation.options.boot_timeout, appserver::kVersion);
  std::fputs(report.text.c_str(), report.exit_code == 0 ? stdout : stderr);
  return report.exit_code;
}

int run(int argc, char** argv) {
  const Origin origin{{argv, argv + argc}, appserver::config::environment_from(environ)};
  const auto invocation = origin.read();
  if (!invocation) {
    return complain(invocation.error().message);
  }
  switch (invocation->mode) {
    case Invocation::Mode::PrintText:
    case Invocation::Mode::CheckConfig:
      std::fputs(invocation->text.c_str(), stdout);
      return 0;
    case Invocation::Mode::Check:
      return check(*invocation);
    case Invocation::Mode::Serve:
      break;
  }
  appserver::ProcessTitle title(argc, argv);
  return serve(*invocation, origin, title);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    return complain(std::string("unexpected failure: ") + error.what());
  }
}
