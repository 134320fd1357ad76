#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/load_error.h"
#include "base/result.h"

namespace appserver::app {

// What the first bytes of an ELF file say, on any machine (System V ABI, chapter 4; elf(5)).
struct ElfIdentity {
  unsigned bits = 0;  // 32 or 64
  bool big_endian = false;
  std::uint16_t machine = 0;  // e_machine: EM_X86_64, …
  std::uint16_t type = 0;     // e_type: ET_DYN, …
};

// What the server must know of a shared object before it loads it.
struct ElfFile {
  std::vector<std::string> needed;  // DT_NEEDED, in order
  std::string soname;               // DT_SONAME; empty: none
  std::string runpath;              // DT_RUNPATH; empty: none
  std::string rpath;                // DT_RPATH; empty: none, or void because of a DT_RUNPATH
  std::string build_id;             // NT_GNU_BUILD_ID in hexadecimal; empty: none
};

// How many bytes at the beginning of a file suffice for identify_elf().
inline constexpr std::size_t kElfIdentitySize = 20;

// Reads who the bytes were built for. Pure. [any]
// Returns NotElf (also for no bytes at all) or Damaged; `path` only appears in the message.
[[nodiscard]] Result<ElfIdentity, LoadError> identify_elf(std::span<const std::byte> bytes,
                                                          std::string_view path);

// "x86-64", "aarch64", …; "ELF machine 1234" for one that has no name here. [any]
[[nodiscard]] std::string architecture_name(const ElfIdentity& identity);

// What this server was built for. [any]
[[nodiscard]] ElfIdentity host_identity() noexcept;

// Checks that the identity is that of a shared object for this machine. Pure. [any]
// Returns OtherArchitecture or NotASharedObject.
[[nodiscard]] Result<Ok, LoadError> require_shared_object(const ElfIdentity& identity,
                                                          std::string_view path);

// Reads a whole shared object for this machine. The bytes may be hostile: nothing outside them is
// read, whatever they say. Pure. [any]
// A file that ends before its program or section headers, segments or strings do is Damaged: such
// a file is an upload that did not finish, and the dynamic linker would die of it.
// Returns an error of identify_elf() or require_shared_object(), NotASharedObject for a
// position-independent program, or Damaged.
[[nodiscard]] Result<ElfFile, LoadError> parse_elf(std::span<const std::byte> bytes,
                                                   std::string_view path);

}  // namespace appserver::app
