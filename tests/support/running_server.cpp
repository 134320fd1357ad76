#include "support/running_server.h"

#include <fstream>
#include <stdexcept>

namespace appserver::test {
namespace {

std::string existing(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) {
    throw std::runtime_error("not built: " + file.string());
  }
  return file;
}

std::vector<std::string> arguments(const std::string& app, unsigned workers,
                                   std::vector<std::string> extra) {
  std::vector<std::string> all = {"-b", "127.0.0.1:0", "--workers", std::to_string(workers)};
  all.insert(all.end(), extra.begin(), extra.end());
  all.push_back(app);
  return all;
}

}  // namespace

std::string example_app(const std::string& name) {
  const std::filesystem::path folder = APPSERVER_EXAMPLES;
  const auto own_folder = folder / name / (name + ".so");
  return std::filesystem::exists(own_folder) ? own_folder.string()
                                             : existing(folder / (name + ".so"));
}

std::string fixture_app(const std::string& name) {
  return existing(std::filesystem::path(APPSERVER_FIXTURES) / (name + ".so"));
}

std::string server_app(const std::string& name) {
  return existing(std::filesystem::path(APPSERVER_SERVER_APPS) / (name + ".so"));
}

void copy_over(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::ifstream source(from, std::ios::binary);
  std::ofstream target(to, std::ios::binary | std::ios::trunc);
  target << source.rdbuf();
  if (!source || !target) {
    throw std::runtime_error("cannot copy " + from.string() + " to " + to.string());
  }
}

void write_over(const std::filesystem::path& to, std::string_view content) {
  std::ofstream target(to, std::ios::binary | std::ios::trunc);
  target << content;
  if (!target) {
    throw std::runtime_error("cannot write " + to.string());
  }
}

RunningServer::RunningServer(const std::string& app, unsigned workers,
                             std::vector<std::string> extra)
    : process(arguments(app, workers, std::move(extra))), address(process.wait_until_listening()) {
  process.wait_for_log("the generation is live");
}

}  // namespace appserver::test
