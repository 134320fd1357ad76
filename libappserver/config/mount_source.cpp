#include "config/mount_source.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "config/mount.h"
#include "config/nearest_name.h"
#include "config/quote.h"

namespace appserver::config {
namespace {

constexpr std::array<const char*, 3> kKeys = {"app", "host", "path"};

struct Texts {
  std::string app;
  std::string host;
  std::string path = "/";

  [[nodiscard]] std::string& of(std::string_view key) {
    return key == "app" ? app : key == "host" ? host : path;
  }
};

Result<Ok> take(std::string_view key, const toml::node& node, Texts& texts) {
  if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
    const std::vector<std::string> known(kKeys.begin(), kKeys.end());
    const auto nearest = nearest_name(key, known);
    return failure("unknown key " + in_quotes(key) +
                   (nearest ? "; did you mean '" + *nearest + "'?" : ""));
  }
  if (!node.is_string()) {
    return failure(std::string(key) + ": expected a text, found " + std::string(type_name(node)));
  }
  texts.of(key) = node.as_string()->get();
  return ok();
}

// The same text could stand on the command line, so nothing may become part of another piece.
Result<std::string> mount_text(const Texts& texts) {
  if (!texts.path.starts_with('/')) {
    return failure("path: " + in_quotes(texts.path) + " does not begin with a slash");
  }
  if (texts.host.find('/') != std::string::npos || texts.path.find('=') != std::string::npos) {
    return failure(in_quotes(texts.host + texts.path) + " is no place for an app");
  }
  std::string text = texts.host + texts.path + "=" + texts.app;
  if (auto mount = parse_mount(text); !mount) {
    return failure(in_quotes(text) + " " + mount.error().message);
  }
  return text;
}

Result<std::string, ErrorAtLine> read_mount(const toml::table& table, const std::string& file) {
  Texts texts;
  std::optional<ErrorAtLine> first;
  const auto note = [&](const toml::source_region& where, const std::string& what) {
    if (!first || where.begin.line < first->line) {
      first = ErrorAtLine{where.begin.line, {place(file, where) + "mount: " + what}};
    }
  };
  for (const auto& [key, node] : table) {
    if (auto taken = take(key.str(), node, texts); !taken) {
      note(key.source(), taken.error().message);
    }
  }
  if (!table.contains("app")) {
    note(table.source(), "a mount needs an app");
  }
  auto text = first ? Result<std::string>(std::string()) : mount_text(texts);
  if (!text) {
    note(table.source(), text.error().message);
  }
  return first ? Result<std::string, ErrorAtLine>(failure(std::move(*first))) : std::move(*text);
}

}  // namespace

Result<std::vector<std::string>, ErrorAtLine> read_mounts(const toml::array& mounts,
                                                          const std::string& file) {
  std::vector<std::string> texts;
  for (const toml::node& node : mounts) {
    auto text = read_mount(*node.as_table(), file);
    if (!text) {
      return failure(std::move(text.error()));
    }
    texts.push_back(std::move(*text));
  }
  return texts;
}

}  // namespace appserver::config
