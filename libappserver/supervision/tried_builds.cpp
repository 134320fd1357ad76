#include "supervision/tried_builds.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace appserver::supervision {

bool is_release_name(std::string_view name) {
  constexpr std::string_view kEnding = ".so";
  constexpr std::array<std::string_view, 2> kUnfinished{".tmp.so", ".part.so"};
  const auto ends_so = [name](std::string_view ending) { return name.ends_with(ending); };
  return name.size() > kEnding.size() && name.ends_with(kEnding) &&
         std::string_view(".#~").find(name.front()) == std::string_view::npos &&
         std::none_of(kUnfinished.begin(), kUnfinished.end(), ends_so);
}

std::vector<Build> newest_first(std::vector<Build> builds) {
  std::erase_if(builds, [](const Build& build) { return !is_release_name(build.name); });
  std::sort(builds.begin(), builds.end(), [](const Build& one, const Build& other) {
    return std::tie(one.modified, one.name) > std::tie(other.modified, other.name);
  });
  return builds;
}

bool TriedBuilds::is_settled(const Build& build) const {
  if (current_ == std::pair(build.name, build.stamp)) {
    return true;
  }
  const auto failed = failed_.find(build.name);
  return failed != failed_.end() && failed->second == build.stamp;
}

void TriedBuilds::note_failed(const Build& build) {
  failed_[build.name] = build.stamp;
  if (current_ == std::pair(build.name, build.stamp)) {
    current_.reset();
  }
}

std::vector<TriedBuild> TriedBuilds::entries() const {
  std::vector<TriedBuild> entries;
  if (current_) {
    entries.push_back({current_->first, current_->second, false});
  }
  for (const auto& [name, stamp] : failed_) {
    entries.push_back({name, stamp, true});
  }
  return entries;
}

TriedBuilds TriedBuilds::resume(const std::vector<TriedBuild>& entries) {
  TriedBuilds tried;
  for (const TriedBuild& entry : entries) {
    if (entry.has_failed) {
      tried.failed_[entry.name] = entry.stamp;
    } else {
      tried.current_ = {entry.name, entry.stamp};
    }
  }
  return tried;
}

void TriedBuilds::keep_only(const std::vector<Build>& builds) {
  std::erase_if(failed_, [&builds](const auto& failed) {
    return std::none_of(builds.begin(), builds.end(),
                        [&failed](const Build& build) { return build.name == failed.first; });
  });
}

}  // namespace appserver::supervision
