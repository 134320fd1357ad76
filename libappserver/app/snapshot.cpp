#include "app/snapshot.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "app/elf_file.h"
#include "app/library_search.h"
#include "app/private_copy.h"

namespace appserver::app {
namespace {

using Kind = LoadError::Kind;
using Index = std::size_t;

// A file of the snapshot in the making.
struct Node {
  SnapshotFile file;
  ElfFile elf;
  std::optional<Index> loader;  // who needed it first; its DT_RPATH is inherited from there
  std::vector<Index> needs;
};

std::string directory_of(const std::string& path) {
  return path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
}

Result<Node, LoadError> read_node(const std::string& path) {
  auto copy = make_private_copy(path);
  if (!copy) {
    return failure(std::move(copy).error());
  }
  const auto mapped = MappedCopy::map(*copy, path);
  if (!mapped) {
    return failure(mapped.error());
  }
  auto elf = parse_elf(mapped->bytes(), path);
  if (!elf) {
    return failure(std::move(elf).error());
  }
  Node node;
  node.file = {.path = path,
               .fd = std::move(copy->fd),
               .size = copy->size,
               .digest = copy->digest,
               .build_id = elf->build_id};
  node.elf = std::move(*elf);
  return node;
}

bool is_in_library_path_variable(const std::string& name) {
  const char* variable = std::getenv("LD_LIBRARY_PATH");
  if (variable == nullptr) {
    return false;
  }
  const auto parts = split_path_list(variable);
  return std::any_of(parts.begin(), parts.end(), [&name](std::string_view directory) {
    const std::string file = std::string(directory.empty() ? "." : directory) + "/" + name;
    return ::access(file.c_str(), F_OK) == 0;
  });
}

// Finds what an app needs as the dynamic linker would: breadth first, the first find of a name
// wins; then orders it for loading.
class Collector {
 public:
  explicit Collector(Node app) { nodes_.push_back(std::move(app)); }

  Result<Ok, LoadError> collect() {
    for (Index user = 0; user < nodes_.size(); ++user) {
      // A copy, because nodes_ grows meanwhile.
      const std::vector<std::string> needed = nodes_[user].elf.needed;
      for (const std::string& name : needed) {
        if (auto added = follow(user, name); !added) {
          return added;
        }
      }
    }
    return order_from(0);
  }

  Snapshot take() && {
    Snapshot snapshot;
    for (const Index index : order_) {
      (index == 0 ? snapshot.app : snapshot.libraries.emplace_back()) =
          std::move(nodes_[index].file);
    }
    return snapshot;
  }

 private:
  enum class Visit : std::uint8_t { None, Begun, Done };

  Result<Ok, LoadError> follow(Index user, const std::string& name);
  // Empty: nowhere that concerns the snapshot.
  Result<std::optional<Node>, LoadError> find(Index user, const std::string& name) const;
  [[nodiscard]] std::vector<std::string> directories(Index user, const std::string& name) const;
  Result<Ok, LoadError> order_from(Index index);

  std::vector<Node> nodes_;  // the app is the first
  std::map<std::string, Index, std::less<>> by_name_;
  std::map<Index, Visit> visits_;
  std::vector<Index> order_;
};

Result<Ok, LoadError> Collector::follow(Index user, const std::string& name) {
  if (const auto known = by_name_.find(name); known != by_name_.end()) {
    nodes_[user].needs.push_back(known->second);
    return ok();
  }
  if (name.find('/') != std::string::npos || is_library_loaded(name)) {
    return ok();
  }
  auto found = find(user, name);
  if (!found) {
    return failure(std::move(found).error());
  }
  if (found->has_value()) {
    const Index library = nodes_.size();
    nodes_.push_back(std::move(**found));
    nodes_.back().loader = user;
    by_name_.emplace(name, library);
    nodes_[user].needs.push_back(library);
  }
  return ok();
}

Result<std::optional<Node>, LoadError> Collector::find(Index user, const std::string& name) const {
  for (const std::string& directory : directories(user, name)) {
    const std::string path = directory + "/" + name;
    auto node = read_node(path);
    if (node && node->elf.soname == name) {
      return std::optional<Node>(std::move(*node));
    }
    if (node) {
      const std::string has =
          node->elf.soname.empty() ? "has no SONAME" : "has the SONAME " + node->elf.soname;
      return failure(LoadError{
          Kind::UnusableLibrary,
          path + ", which " + nodes_[user].file.path + " needs as " + name + ", " + has +
              ", so the dynamic linker would not recognise the private copy that the server makes "
              "of it: link it with -Wl,-soname," +
              name + ", or install it where the system finds it (see ldconfig)"});
    }
    // The dynamic linker goes on after these two as well.
    const Kind kind = node.error().kind;
    if (kind != Kind::NoSuchFile && kind != Kind::OtherArchitecture) {
      node.error().message += " (needed by " + nodes_[user].file.path + ")";
      return failure(std::move(node).error());
    }
  }
  return std::optional<Node>{};
}

// ld.so(8): the DT_RUNPATH of the user alone, after LD_LIBRARY_PATH; without one, the DT_RPATH of
// the user, then of whoever loaded it, and so on.
std::vector<std::string> Collector::directories(Index user, const std::string& name) const {
  const Node& node = nodes_[user];
  if (!node.elf.runpath.empty()) {
    return is_in_library_path_variable(name)
               ? std::vector<std::string>{}
               : snapshot_directories(node.elf.runpath, directory_of(node.file.path));
  }
  std::vector<std::string> all;
  for (std::optional<Index> at = user; at; at = nodes_[*at].loader) {
    const Node& heir = nodes_[*at];
    const auto own = snapshot_directories(heir.elf.rpath, directory_of(heir.file.path));
    all.insert(all.end(), own.begin(), own.end());
  }
  return all;
}

Result<Ok, LoadError> Collector::order_from(Index index) {
  Visit& visit = visits_[index];
  if (visit == Visit::Done) {
    return ok();
  }
  if (visit == Visit::Begun) {
    return failure(LoadError{Kind::UnusableLibrary,
                             nodes_[index].file.path +
                                 " needs itself through the libraries that it needs, so their "
                                 "private copies cannot be loaded one after the other: link them "
                                 "into one library, or install them where the system finds them"});
  }
  visit = Visit::Begun;
  for (const Index needed : nodes_[index].needs) {
    if (auto ordered = order_from(needed); !ordered) {
      return ordered;
    }
  }
  visit = Visit::Done;
  order_.push_back(index);
  return ok();
}

}  // namespace

std::string absolute_path(std::string_view path) {
  while (path.starts_with("./") && path.size() > 2) {
    path.remove_prefix(2);
  }
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  // Not normalised further: "a/.." is not "." where a is a symbolic link.
  return error ? std::string(path) : absolute.string();
}

std::string digest_text(std::uint64_t digest) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "fnv1a64:%016llx",
                static_cast<unsigned long long>(digest));
  return text.data();
}

Result<Snapshot, LoadError> take_snapshot(const std::string& path) {
  if (path.empty()) {
    return failure(LoadError{Kind::NoSuchFile,
                             "the path of the app is empty: give the path of its shared object "
                             "(.so)"});
  }
  auto app = read_node(absolute_path(path));
  if (!app) {
    return failure(std::move(app).error());
  }
  Collector collector(std::move(*app));
  if (auto collected = collector.collect(); !collected) {
    return failure(std::move(collected).error());
  }
  return std::move(collector).take();
}

Result<Snapshot, LoadError> snapshot_of_copies(const std::vector<KeptCopy>& copies) {
  Snapshot snapshot;
  for (const KeptCopy& each : copies) {
    auto node = read_node(each.copy);
    if (!node) {
      return failure(std::move(node).error());
    }
    node->file.path = each.path;
    (&each == &copies.front() ? snapshot.app : snapshot.libraries.emplace_back()) =
        std::move(node->file);
  }
  return snapshot;
}

Snapshot snapshot_of_linked_app() {
  std::error_code unknown;
  Snapshot snapshot;
  snapshot.app.path = std::filesystem::read_symlink("/proc/self/exe", unknown).string();
  if (unknown) {
    snapshot.app.path = "the program";  // /proc is not mounted.
  }
  return snapshot;
}

}  // namespace appserver::app
