#include "new_project.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "base/errno_text.h"
#include "config/quote.h"
#include "project_files.h"

namespace appserver {
namespace {

namespace fs = std::filesystem;

// Targets that CMake's generators make, and those of every project with tests.
constexpr std::string_view kTargets =
    " all clean depend edit_cache help install list_install_components package package_source "
    "preinstall rebuild_cache test ";

// Keywords and alternative tokens of C++20, and names that cannot be a namespace of one's own.
constexpr std::string_view kWordsOfCpp =
    " alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t "
    "char32_t class compl concept const consteval constexpr constinit const_cast continue co_await "
    "co_return co_yield decltype default delete do double dynamic_cast else enum explicit export "
    "extern false float for friend goto if inline int long mutable namespace new noexcept not "
    "not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires "
    "return short signed sizeof static static_assert static_cast struct switch template this "
    "thread_local throw true try typedef typeid typename union unsigned using virtual void "
    "volatile wchar_t while xor xor_eq main std appserver ";

// Requires: no space in the word.
bool is_among(std::string_view words, const std::string& word) {
  return words.find(" " + word + " ") != std::string_view::npos;
}

// Of ASCII, whatever the locale says.
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_identifier(std::string_view name) {
  const auto may_follow = [](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(), may_follow);
}

std::string filled_in(std::string_view text, const std::string& name) {
  constexpr std::string_view kPlace = "@name@";
  std::string filled(text);
  for (std::size_t at = filled.find(kPlace); at != std::string::npos;
       at = filled.find(kPlace, at + name.size())) {
    filled.replace(at, kPlace.size(), name);
  }
  return filled;
}

Failure<Error> cannot_write(const fs::path& path, int error) {
  return failure("new: cannot write " + path.string() + ": " + errno_text(error));
}

Result<Ok> write_file(const fs::path& path, const std::string& text) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) {
    return cannot_write(path.parent_path(), error.value());
  }
  errno = 0;
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) {
    return cannot_write(path, errno);
  }
  return ok();
}

std::string what_next(const std::string& name) {
  return "made the project " + name + "; now:\n  cd " + name +
         "\n  cmake -B build && cmake --build build\n  ctest --test-dir build "
         "--output-on-failure\n  appserverd --reload -w 1 build/" +
         name + ".so\n";
}

}  // namespace

Result<Ok> check_project_name(const std::string& name) {
  if (!is_identifier(name)) {
    return failure("new: " + config::in_quotes(name) +
                   " cannot be the name of a project: take letters, digits and underscores, with "
                   "a letter in front, as in order_service");
  }
  const char* const why = is_among(kTargets, name)      ? "CMake has a target of that name"
                          : is_among(kWordsOfCpp, name) ? "it means something else in C++"
                                                        : nullptr;
  if (why != nullptr) {
    return failure("new: " + config::in_quotes(name) +
                   " cannot be the name of a project, because " + why + "; take another one, as " +
                   name + "_service");
  }
  return ok();
}

Result<std::string> make_project(const std::string& name, const std::string& parent) {
  if (auto good = check_project_name(name); !good) {
    return failure(std::move(good.error()));
  }
  const fs::path folder = fs::path(parent) / name;
  std::error_code error;
  if (!fs::create_directory(folder, error)) {
    const int why = error.value();
    // Also what came a moment ago: nothing that is there is written to.
    const bool is_there = fs::symlink_status(folder, error).type() != fs::file_type::not_found;
    return is_there
               ? failure("new: " + folder.string() +
                         " is there already and is left alone; take another name, or remove it")
               : cannot_write(folder, why);
  }
  for (const ProjectFile& file : project_files()) {
    const fs::path path = folder / filled_in(file.path, name);
    if (auto written = write_file(path, filled_in(file.text, name)); !written) {
      return failure(std::move(written.error()));
    }
  }
  return what_next(name);
}

}  // namespace appserver
