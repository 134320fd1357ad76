#include "zygote/frame_names.h"

#include <cstdint>
#include <dlfcn.h>
#include <link.h>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace appserver::zygote {

// Has a linkage name that can be looked for.
[[gnu::noinline]] int a_function_with_a_name(int argument) {
  volatile int result = argument + 1;
  return result;
}

namespace {

std::vector<ipc::FrameNamed> names_of(const ipc::NameFrames& order) {
  std::vector<ipc::FrameNamed> names;
  name_frames(order, [&names](ipc::FrameNamed name) { names.push_back(std::move(name)); });
  return names;
}

std::uint64_t program_base() {
  std::uint64_t base = 0;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* out) {
        *static_cast<std::uint64_t*>(out) = info->dlpi_addr;
        return 1;  // The program comes first.
      },
      &base);
  return base;
}

std::uint64_t offset_of_function() {
  return reinterpret_cast<std::uint64_t>(&a_function_with_a_name) - program_base();
}

TEST_CASE("name_frames: a function of the program, its file and its line") {
  const auto names = names_of({{""}, {{0, offset_of_function(), 0, 1}}});
  REQUIRE_FALSE(names.empty());
  CHECK(names.back().function.find("a_function_with_a_name(int)") != std::string::npos);
  CHECK(names.back().file.find("frame_names_test.cpp") != std::string::npos);
  CHECK(names.back().line > 0);
}

TEST_CASE("name_frames: a return address belongs to the call before it") {
  // The first instruction, seen as a return address, is part of whatever stands before.
  for (const ipc::FrameNamed& name : names_of({{""}, {{0, offset_of_function(), 0, 0}}})) {
    CHECK(name.function.find("a_function_with_a_name") == std::string::npos);
  }
}

TEST_CASE("name_frames: a file that is not loaded is read, under any name it can be opened by") {
  // This program by another name than the dynamic linker has for it.
  const auto names = names_of({{"/proc/self/exe"}, {{0, offset_of_function(), 0, 1}}});
  REQUIRE_FALSE(names.empty());
  CHECK(names.back().function.find("a_function_with_a_name(int)") != std::string::npos);
}

TEST_CASE("name_frames: what cannot be known is left out, and the others are named") {
  const auto names = names_of({{"/no/such/file", "/dev/null", ""},
                               {{0x10, 0x10, 0, 1},
                                {0x10, 0x10, 1, 1},
                                {0x10, 0, ipc::CodeFrame::kNoModule, 1},
                                {0x10, 0x10, 99, 1},
                                {0, ~std::uint64_t{0} / 2, 2, 0},
                                {0, offset_of_function(), 2, 1}}});
  REQUIRE_FALSE(names.empty());
  for (const ipc::FrameNamed& name : names) {
    CHECK(name.frame == 5);
  }
}

}  // namespace
}  // namespace appserver::zygote
