#include "observe/release_index.h"

#include <algorithm>

#include <boost/json.hpp>

#include "observe/json_text.h"

namespace appserver::observe {
namespace {

namespace json = boost::json;

// Of the form; a server does not touch the index of one that writes another.
constexpr std::int64_t kVersion = 2;

json::object to_json(const KeptFile& file) {
  return {{"path", printable(file.path)}, {"sha256", file.sha256}, {"size", file.size}};
}

json::object to_json(const KeptRelease& release) {
  json::array files;
  for (const KeptFile& file : release.files) {
    files.push_back(to_json(file));
  }
  return {{"number", release.number},        {"mount", printable(release.mount)},
          {"name", printable(release.name)}, {"version", printable(release.version)},
          {"build_id", release.build_id},    {"who", printable(release.who)},
          {"taken_at", release.taken_at},    {"outcome", release.outcome},
          {"why", printable(release.why)},   {"files", std::move(files)}};
}

json::value to_json(const std::optional<unsigned>& number) {
  return number ? json::value(*number) : json::value(nullptr);
}

// Each of these throws when a member is missing or of another type.
std::string text(const json::object& object, const char* key) {
  return std::string(object.at(key).as_string());
}
template <typename Number>
Number number(const json::object& object, const char* key) {
  return json::value_to<Number>(object.at(key));
}
std::optional<unsigned> optional_number(const json::object& object, const char* key) {
  return object.at(key).is_null() ? std::nullopt : std::optional(number<unsigned>(object, key));
}

bool is_digest(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// The digest becomes a file's name, so it has to be one.
KeptFile file_from(const json::object& object) {
  KeptFile file{text(object, "path"), text(object, "sha256"),
                number<std::uint64_t>(object, "size")};
  if (!is_digest(file.sha256)) {
    throw std::invalid_argument("a digest is none");
  }
  return file;
}

KeptRelease release_from(const json::object& object) {
  KeptRelease release;
  release.number = number<unsigned>(object, "number");
  release.mount = text(object, "mount");
  release.name = text(object, "name");
  release.version = text(object, "version");
  release.build_id = text(object, "build_id");
  release.who = text(object, "who");
  release.taken_at = number<std::int64_t>(object, "taken_at");
  release.outcome = text(object, "outcome");
  release.why = text(object, "why");
  for (const json::value& file : object.at("files").as_array()) {
    release.files.push_back(file_from(file.as_object()));
  }
  if (release.files.empty()) {
    throw std::invalid_argument("a release has no files");
  }
  return release;
}

Standing standing_from(const json::object& object) {
  return {optional_number(object, "live"), optional_number(object, "previous")};
}

ReleaseIndex index_from(const json::object& object) {
  if (number<std::int64_t>(object, "format") != kVersion) {
    throw std::invalid_argument("it is of another version");
  }
  ReleaseIndex index;
  index.next = number<unsigned>(object, "next");
  for (const auto& [mount, value] : object.at("mounts").as_object()) {
    index.standing.insert_or_assign(std::string(mount), standing_from(value.as_object()));
  }
  for (const json::value& release : object.at("releases").as_array()) {
    index.releases.push_back(release_from(release.as_object()));
  }
  return index;
}

}  // namespace

KeptRelease* ReleaseIndex::find(unsigned number) {
  const auto found = std::find_if(releases.begin(), releases.end(),
                                  [number](const auto& each) { return each.number == number; });
  return found == releases.end() ? nullptr : &*found;
}

const KeptRelease* ReleaseIndex::find(unsigned number) const {
  const auto found = std::find_if(releases.begin(), releases.end(),
                                  [number](const auto& each) { return each.number == number; });
  return found == releases.end() ? nullptr : &*found;
}

void prune(ReleaseIndex& index, std::size_t keep) {
  std::map<std::string, std::size_t> counts;
  std::map<std::string, unsigned> newest;
  for (const KeptRelease& release : index.releases) {
    ++counts[release.mount];
    newest[release.mount] = release.number;
  }
  std::erase_if(index.releases, [&](const KeptRelease& release) {
    const auto found = index.standing.find(release.mount);
    const Standing standing = found == index.standing.end() ? Standing{} : found->second;
    const bool stays = counts[release.mount] <= keep || release.number == standing.live ||
                       release.number == standing.previous ||
                       release.number == newest[release.mount];
    counts[release.mount] -= stays ? 0 : 1;
    return !stays;
  });
}

std::string write_index(const ReleaseIndex& index) {
  json::array releases;
  for (const KeptRelease& release : index.releases) {
    releases.push_back(to_json(release));
  }
  json::object mounts;
  for (const auto& [mount, standing] : index.standing) {
    mounts[printable(mount)] = {{"live", to_json(standing.live)},
                                {"previous", to_json(standing.previous)}};
  }
  const json::object object{{"format", kVersion},
                            {"next", index.next},
                            {"mounts", std::move(mounts)},
                            {"releases", std::move(releases)}};
  return json::serialize(object) + "\n";
}

Result<ReleaseIndex> read_index(std::string_view text) {
  try {
    return index_from(json::parse(text).as_object());
  } catch (const std::exception& error) {
    return failure("the index of the releases cannot be read: " + printable(error.what()));
  }
}

}  // namespace appserver::observe
