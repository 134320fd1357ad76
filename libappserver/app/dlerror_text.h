#pragma once

#include <span>
#include <string>
#include <string_view>

#include "app/load_error.h"

namespace appserver::app {

// The name under which the dynamic linker knows a private copy, and the one that people know.
struct LoadedName {
  std::string loaded;    // "/proc/self/fd/5"
  std::string original;  // "/srv/app.so"
};

// Turns the text of dlerror() after a failed dlopen() of `names.back()` into an error for people:
// original paths, demangled symbols, what to do. Pure. [any]
// Requires: `names` is not empty.
// Returns one of UnresolvedSymbol, MissingLibrary, LibraryTooOld, SnapshotFailed, CannotLoad.
[[nodiscard]] LoadError explain_dlerror(std::string_view text, std::span<const LoadedName> names);

// "add(int, int)" for "_Z3addii"; empty for what is not a mangled C++ name. [any]
[[nodiscard]] std::string demangled(const std::string& symbol);

}  // namespace appserver::app
