#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "support/running_server.h"
#include "support/temporary_folder.h"

namespace appserver::test {

// "NUMBER WHAT" of each open descriptor.
inline std::vector<std::string> descriptors_of(pid_t pid) {
  std::vector<std::string> found;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    std::error_code error;
    found.push_back(entry.path().filename().string() + " " +
                    std::filesystem::read_symlink(entry.path(), error).string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

// A server that was started by a path of its own, where a test puts other programs.
class UpgradableServer {
 public:
  explicit UpgradableServer(std::vector<std::string> extra = {},
                            const std::string& app = example_app("hello"), unsigned workers = 2)
      : process((install(APPSERVERD_BINARY), path.string()),
                arguments(app, workers, std::move(extra))),
        address(process.wait_until_listening()) {
    process.wait_for_workers(workers);
  }

  // What a package manager does: the path is another file from one moment to the next.
  std::filesystem::path install(const std::filesystem::path& program) const {
    std::filesystem::create_symlink(program, folder / "next");
    std::filesystem::rename(folder / "next", path);
    return path;
  }

  // Upgrades to what is installed and waits until that is done.
  void upgrade() {
    const int before = upgrades();
    process.send_signal(SIGUSR2);
    wait_for_upgrades(before + 1);
  }
  void wait_for_upgrades(int count) const {
    eventually(20s, "upgrade number " + std::to_string(count),
               [this, count] { return upgrades() >= count; });
  }
  [[nodiscard]] int upgrades() const { return lines_with("the program was upgraded in place"); }
  [[nodiscard]] int lines_with(const std::string& text) const {
    const std::string log = process.log();
    int count = 0;
    for (std::size_t at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) {
      ++count;
    }
    return count;
  }

  TemporaryFolder folder;
  std::filesystem::path path = folder / "appserverd";
  ServerProcess process;
  Address address;

 private:
  static std::vector<std::string> arguments(const std::string& app, unsigned workers,
                                            std::vector<std::string> extra) {
    std::vector<std::string> all = {"-b", "127.0.0.1:0", "--workers", std::to_string(workers)};
    all.insert(all.end(), extra.begin(), extra.end());
    all.push_back(app);
    return all;
  }
};

}  // namespace appserver::test
