#include "config/deploy_check.h"

#include "config/option_value.h"
#include "config/units.h"

namespace appserver::config {

std::string toml_of(const std::vector<DeployCheck>& checks) {
  std::string text;
  for (const DeployCheck& check : checks) {
    text += "\n[[deploy.check]]\npath = " + toml_string(check.path) +
            "\nmethod = " + toml_string(check.method) +
            "\nstatus = " + std::to_string(check.status) + "\nbody = " + toml_string(check.body) +
            "\ndeadline = " + toml_string(format_duration(check.deadline)) +
            "\nrepeat = " + std::to_string(check.repeat) + "\n";
  }
  return text;
}

}  // namespace appserver::config
