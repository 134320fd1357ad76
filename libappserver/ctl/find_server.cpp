#include "ctl/find_server.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "config/quote.h"
#include "net/connect_local.h"

namespace appserver::ctl {
namespace {

constexpr const char* kSocket = "control.sock";

std::vector<std::string> running_servers(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    // A server that was killed leaves its socket behind.
    if (net::connect_local(entry.path() / kSocket)) {
      names.push_back(entry.path().filename());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ", ") + config::printable(name);
  }
  return text;
}

}  // namespace

Result<std::string> find_server(const std::string& wanted, const std::string& folder) {
  if (wanted.find('/') != std::string::npos) {
    return wanted;
  }
  if (!wanted.empty()) {
    return folder + "/" + wanted + "/" + kSocket;
  }
  const std::vector<std::string> names = running_servers(folder);
  if (names.empty()) {
    return failure("no server of this user runs (none has its socket below " + folder +
                   "); choose one with -s SOCKET, or use sudo for one of root's");
  }
  if (names.size() > 1) {
    return failure("several servers run: " + list(names) + "; choose one with -s NAME");
  }
  return folder + "/" + names.front() + "/" + kSocket;
}

}  // namespace appserver::ctl
