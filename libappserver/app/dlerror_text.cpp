#include "app/dlerror_text.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cxxabi.h>
#include <memory>
#include <optional>

namespace appserver::app {
namespace {

using Kind = LoadError::Kind;

// The texts are glibc's (elf/dl-lookup.c, dl-load.c, dl-version.c); they are in English as long as
// nobody has called setlocale(), and a text that matches none is passed on as it is.
constexpr std::string_view kUndefined = ": undefined symbol: ";
constexpr std::string_view kCannotOpen = ": cannot open shared object file: ";
constexpr std::string_view kVersion = ": version `";

void replace_name(std::string& text, const LoadedName& name) {
  std::size_t at = text.find(name.loaded);
  while (at != std::string::npos) {
    const std::size_t end = at + name.loaded.size();
    // "/proc/self/fd/5" is also the beginning of "/proc/self/fd/55".
    const bool is_longer =
        end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0;
    if (!is_longer) {
      text.replace(at, name.loaded.size(), name.original);
    }
    at = text.find(name.loaded, is_longer ? end : at + name.original.size());
  }
}

// Splits "A<separator>B".
struct Halves {
  std::string before;
  std::string after;
};
std::optional<Halves> split_at(const std::string& text, std::string_view separator) {
  const std::size_t at = text.find(separator);
  if (at == std::string::npos) {
    return std::nullopt;
  }
  return Halves{text.substr(0, at), text.substr(at + separator.size())};
}

std::string with_demangled(const std::string& symbol_and_version) {
  const std::string symbol = symbol_and_version.substr(0, symbol_and_version.find(','));
  const std::string readable = demangled(symbol);
  return readable.empty() ? symbol_and_version : symbol_and_version + " [" + readable + "]";
}

LoadError unresolved_symbol(const Halves& parts) {
  return {Kind::UnresolvedSymbol,
          parts.before + ": undefined symbol " + with_demangled(parts.after) +
              ": link the library that defines it into the app; with -Wl,-z,defs the linker "
              "finds such a gap when the app is built"};
}

LoadError cannot_open(const Halves& parts, const std::string& app,
                      std::span<const LoadedName> names) {
  const auto is_copy = std::any_of(names.begin(), names.end(), [&parts](const LoadedName& name) {
    return name.original == parts.before;
  });
  if (is_copy) {
    return {Kind::SnapshotFailed, "cannot open the private copy of " + parts.before + ": " +
                                      parts.after + ": /proc must be mounted"};
  }
  const std::string message = app + " needs the library " + parts.before +
                              ", which cannot be opened (" + parts.after + "): ";
  if (const std::size_t slash = parts.before.rfind('/'); slash != std::string::npos) {
    return {Kind::MissingLibrary,
            message +
                "the app was linked with the path of a library that has no SONAME; link that "
                "library with -Wl,-soname," +
                parts.before.substr(slash + 1)};
  }
  return {Kind::MissingLibrary,
          message +
              "install it where the system finds it (see ldconfig), or put it beside the app "
              "and link the app with -Wl,-rpath,'$ORIGIN'"};
}

LoadError library_too_old(const Halves& parts, const std::string& app) {
  const std::string version = parts.after.substr(0, parts.after.find('\''));
  return {Kind::LibraryTooOld,
          app + " needs version " + version + " of " + parts.before +
              ", which is older than that: build the app on this system, or on one that is not "
              "newer"};
}

}  // namespace

std::string demangled(const std::string& symbol) {
  int status = 0;
  if (!symbol.starts_with("_Z")) {
    return {};
  }
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 && text != nullptr ? text.get() : std::string{};
}

LoadError explain_dlerror(std::string_view text, std::span<const LoadedName> names) {
  const std::string& app = names.back().original;
  std::string readable(text);
  for (const LoadedName& name : names) {
    replace_name(readable, name);
  }
  if (const auto parts = split_at(readable, kUndefined)) {
    return unresolved_symbol(*parts);
  }
  if (const auto parts = split_at(readable, kVersion)) {
    return library_too_old(*parts, app);
  }
  if (const auto parts = split_at(readable, kCannotOpen)) {
    return cannot_open(*parts, app, names);
  }
  return {Kind::CannotLoad, "cannot load " + app + ": the dynamic linker says: " + readable};
}

}  // namespace appserver::app
