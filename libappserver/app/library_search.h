#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace appserver::app {

// The directories of a DT_RUNPATH or DT_RPATH text whose libraries become part of a snapshot, in
// order. `origin` is the directory that $ORIGIN stands for. Pure. [any]
// Left out, and so left to the dynamic linker, are the system's own directories (see
// is_system_directory()), directories relative to the working directory, and those with $LIB or
// $PLATFORM (ld.so(8), "Dynamic string tokens").
[[nodiscard]] std::vector<std::string> snapshot_directories(std::string_view path_list,
                                                            std::string_view origin);

// Whether the dynamic linker searches the directory for every program: /lib, /usr/lib, /lib64,
// /usr/lib64 and Debian's /usr/lib/x86_64-linux-gnu. Pure. [any]
[[nodiscard]] bool is_system_directory(std::string_view directory);

// Splits at every colon; "" gives one empty part, as in a search path. Pure. [any]
[[nodiscard]] std::vector<std::string_view> split_path_list(std::string_view path_list);

// Whether a library of this file name is loaded in this process already. The dynamic linker then
// uses that one, wherever else it could be found, and so do the processes forked from here. [any]
[[nodiscard]] bool is_library_loaded(std::string_view file_name);

}  // namespace appserver::app
