#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Which file of a folder is to be deployed, and whether it was before. Pure. [any]
namespace appserver::supervision {

// One file at one moment.
struct Build {
  std::string name;
  std::int64_t modified = 0;  // Nanoseconds since the epoch.
  std::string stamp;          // Differs when its content may.
};

// Whether a file of this name is a release: `*.so`, and neither hidden nor a name that tools give
// to what is not complete yet (`.orders.so.x7Qa`, `orders.tmp.so`, `orders.part.so`, `#orders.so`,
// `~orders.so`).
[[nodiscard]] bool is_release_name(std::string_view name);

// The releases among them, the newest first; of equally old ones the last one by name.
[[nodiscard]] std::vector<Build> newest_first(std::vector<Build> builds);

// One that was deployed, or failed to be.
struct TriedBuild {
  std::string name;
  std::string stamp;
  bool has_failed = false;
};

// What was deployed of what was built, so that nothing is deployed twice, and nothing that failed
// is tried again until it is another file.
class TriedBuilds {
 public:
  // Whether nothing is to be done about it.
  [[nodiscard]] bool is_settled(const Build& build) const;

  // Its deploy begins; it is settled unless that fails.
  void note_begun(const Build& build) { current_ = {build.name, build.stamp}; }
  // It was deployed and failed: what was current before is so no longer, as far as is known here.
  void note_failed(const Build& build);
  // As one master leaves it to the one that takes its place, and as that goes on.
  [[nodiscard]] std::vector<TriedBuild> entries() const;
  [[nodiscard]] static TriedBuilds resume(const std::vector<TriedBuild>& entries);

  // Forgets failures of files that are not among these.
  void keep_only(const std::vector<Build>& builds);

 private:
  std::optional<std::pair<std::string, std::string>> current_;  // Name and stamp.
  std::map<std::string, std::string, std::less<>> failed_;      // Stamps by name.
};

}  // namespace appserver::supervision
