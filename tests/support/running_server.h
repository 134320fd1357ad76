#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "support/server_process.h"

namespace appserver::test {

// Where the build put an app: an example, one of tests/fixtures/apps, one of tests/server/apps.
[[nodiscard]] std::string example_app(const std::string& name);
[[nodiscard]] std::string fixture_app(const std::string& name);
[[nodiscard]] std::string server_app(const std::string& name);

// What `cp from to` does: an existing file keeps its inode and is overwritten in place. The server
// must survive that too.
void copy_over(const std::filesystem::path& from, const std::filesystem::path& to);
void write_over(const std::filesystem::path& to, std::string_view content);

// A server on a port of its own, all of whose workers are there when the constructor returns.
class RunningServer {
 public:
  // `extra` are further options of the command line.
  explicit RunningServer(const std::string& app, unsigned workers = 2,
                         std::vector<std::string> extra = {});

  ServerProcess process;
  Address address;
};

}  // namespace appserver::test
