#include "app/check_report.h"

#include <algorithm>

#include <appserver/abi.h>

namespace appserver::app {
namespace {

constexpr std::size_t kLabelWidth = 12;

// One line, or several under one label.
void append(std::string& text, std::string_view label, const std::vector<std::string>& values) {
  std::string margin(label);
  for (const std::string& value : values) {
    margin.resize(kLabelWidth, ' ');
    text.append("  ").append(margin).append(value).append("\n");
    margin.clear();
  }
}

std::vector<std::string> shown_or(std::string_view text, std::string_view otherwise) {
  return {text.empty() ? std::string(otherwise) : printable(text)};
}

std::string abi_text(const appserver_app& app) {
  const auto version = [](unsigned major, unsigned minor) {
    return std::to_string(major) + "." + std::to_string(minor);
  };
  return version(app.abi_major, app.abi_minor) + " (this server offers " +
         version(APPSERVER_ABI_MAJOR, APPSERVER_ABI_MINOR) + ")";
}

std::string hooks_text(const LoadedApp& app) {
  std::string text;
  for (const std::string_view hook : app.hooks()) {
    text.append(text.empty() ? "" : ", ").append(hook);
  }
  return text.empty() ? "none" : text;
}

std::vector<std::string> routes_text(const LoadedApp& app) {
  const std::vector<Route> routes = app.routes();
  std::size_t width = 0;
  for (const Route& route : routes) {
    width = std::max(width, route.method.size());
  }
  std::vector<std::string> lines;
  for (const Route& route : routes) {
    std::string method = route.method;
    method.resize(width, ' ');
    lines.push_back(printable(method + " " + route.pattern));
  }
  return lines.empty() ? std::vector<std::string>{"not told"} : lines;
}

std::vector<std::string> libraries_text(const Snapshot& snapshot) {
  std::vector<std::string> lines;
  for (const SnapshotFile& file : snapshot.libraries) {
    lines.push_back(printable(file.path) + " (" + std::to_string(file.size) + " bytes)");
  }
  return lines.empty() ? std::vector<std::string>{"none"} : lines;
}

std::vector<std::string> log_text(const std::vector<LoggedLine>& log) {
  std::vector<std::string> lines;
  for (const LoggedLine& line : log) {
    lines.push_back(line.level + ": " + printable(line.message));
  }
  return lines;
}

}  // namespace

std::string_view log_level_name(int level) noexcept {
  switch (level) {
    case APPSERVER_LOG_DEBUG:
      return "debug";
    case APPSERVER_LOG_INFO:
      return "info";
    case APPSERVER_LOG_WARNING:
      return "warning";
    default:
      return "error";
  }
}

std::string printable(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr unsigned kDelete = 0x7f;
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte == kDelete) {
      shown.append("\\x");
      shown += kDigits[byte >> 4U];
      shown += kDigits[byte & 15U];
    } else {
      shown += c;
    }
  }
  return shown;
}

std::string describe(const LoadedApp& app, const Snapshot& snapshot,
                     const std::vector<LoggedLine>& log) {
  std::string text = printable(app.path()) + " loads\n";
  append(text, "name", {printable(app.name())});
  append(text, "version", shown_or(app.version(), "not told"));
  append(text, "ABI", {abi_text(app.description())});
  append(text, "toolchain", shown_or(app.toolchain(), "not told"));
  append(text, "hooks", {hooks_text(app)});
  append(text, "routes", routes_text(app));
  append(text, "libraries", libraries_text(snapshot));
  append(text, "size", {std::to_string(snapshot.app.size) + " bytes"});
  append(text, "digest", {digest_text(snapshot.app.digest)});
  append(text, "build id", shown_or(snapshot.app.build_id, "none"));
  append(text, "log", log_text(log));
  return text;
}

}  // namespace appserver::app
