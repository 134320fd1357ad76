#include "zygote/surroundings.h"

#include <cerrno>
#include <cstdlib>
#include <sys/stat.h>
#include <unistd.h>

#include "base/errno_text.h"
#include "base/privileges.h"

namespace appserver::zygote {

Result<Ok> enter_surroundings(const config::Options& options) {
  if (options.umask.has_value()) {
    ::umask(*options.umask);
  }
  if (!options.chdir.empty() && ::chdir(options.chdir.c_str()) != 0) {
    return failure("cannot change to the folder '" + options.chdir +
                   "' given by --chdir: " + errno_text(errno));
  }
  for (const std::string& variable : options.env) {
    const auto equals = variable.find('=');
    ::setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
  }
  return drop_privileges({options.user, options.group});
}

}  // namespace appserver::zygote
