#pragma once

#include <span>
#include <string_view>

namespace appserver {

// A file that a new project begins with. In both texts `@name@` stands for the project's name.
struct ProjectFile {
  std::string_view path;  // In the project's folder.
  std::string_view text;
};

// The files of appserverd/project, which are built into the program. Lifetime: static. [any]
[[nodiscard]] std::span<const ProjectFile> project_files();

}  // namespace appserver
