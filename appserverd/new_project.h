#pragma once

#include <string>

#include "base/result.h"

// `appserverd new NAME`: the beginning of an app, which builds, passes its tests and can be served
// as it is.
namespace appserver {

// Whether targets, files and namespaces can have this name: a C++ identifier that CMake does not
// use itself. Pure. Errors: what is wrong and an example of what is right.
[[nodiscard]] Result<Ok> check_project_name(const std::string& name);

// Writes the project into a new folder of its name in `parent`.
// Returns: what was made and what to do next, for people. Errors: that of check_project_name();
// something of that name is there already, which is left alone; the folder cannot be written, and
// what was written of it stays.
[[nodiscard]] Result<std::string> make_project(const std::string& name, const std::string& parent);

}  // namespace appserver
