#include "app/elf_file.h"

#include <algorithm>
#include <dlfcn.h>
#include <fstream>
#include <iterator>
#include <random>
#include <unwind.h>

#include <doctest/doctest.h>

#include "unit/app/elf_builder.h"

namespace {

using namespace appserver;
using app::LoadError;
using test::ElfBuilder;
using Kind = LoadError::Kind;
using Bytes = std::vector<std::byte>;

Bytes file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  Bytes bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

// A real shared object that every test process has: the compiler's own run-time library.
Bytes real_library() {
  Dl_info found{};
  REQUIRE(::dladdr(reinterpret_cast<void*>(&_Unwind_Backtrace), &found) != 0);
  return file_bytes(found.dli_fname);
}

Kind kind_of(const Bytes& bytes) {
  const auto parsed = app::parse_elf(bytes, "/srv/app.so");
  REQUIRE_FALSE(parsed.has_value());
  return parsed.error().kind;
}

Bytes text_bytes(std::string_view text) {
  Bytes bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

}  // namespace

TEST_CASE("ElfFile: the names and the build id of a shared object are read") {
  const ElfBuilder builder{.needed = {"liba.so.1", "libb.so"},
                           .soname = "libc.so.3",
                           .runpath = "$ORIGIN/lib",
                           .rpath = "",
                           .build_id = "\x01\xab\xff"};
  const auto parsed = app::parse_elf(builder.bytes(), "app.so");
  REQUIRE(parsed.has_value());
  CHECK(parsed->needed == std::vector<std::string>{"liba.so.1", "libb.so"});
  CHECK(parsed->soname == "libc.so.3");
  CHECK(parsed->runpath == "$ORIGIN/lib");
  CHECK(parsed->rpath.empty());
  CHECK(parsed->build_id == "01abff");
}

TEST_CASE("ElfFile: a DT_RUNPATH makes the DT_RPATH void") {
  ElfBuilder builder{.rpath = "/old"};
  CHECK(app::parse_elf(builder.bytes(), "app.so")->rpath == "/old");
  builder.runpath = "/new";
  const auto parsed = app::parse_elf(builder.bytes(), "app.so");
  CHECK(parsed->rpath.empty());
  CHECK(parsed->runpath == "/new");
}

TEST_CASE("ElfFile: a real library is read") {
  const auto parsed = app::parse_elf(real_library(), "libgcc_s.so.1");
  REQUIRE(parsed.has_value());
  CHECK(parsed->soname == "libgcc_s.so.1");
  CHECK(std::count(parsed->needed.begin(), parsed->needed.end(), "libc.so.6") == 1);
}

TEST_CASE("ElfFile: what is not ELF is told apart") {
  CHECK(kind_of({}) == Kind::NotElf);
  CHECK(kind_of(text_bytes("\x7f")) == Kind::NotElf);
  CHECK(kind_of(text_bytes("#!/bin/sh\nexit 0\n")) == Kind::NotElf);
  CHECK(kind_of(text_bytes("\x7f"
                           "ELF")) == Kind::Damaged);
  const auto empty = app::parse_elf({}, "/srv/app.so");
  CHECK(empty.error().message.starts_with("/srv/app.so is empty"));
}

TEST_CASE("ElfFile: a file for another machine is refused with both names") {
  const std::uint16_t other = app::host_identity().machine == EM_AARCH64 ? EM_S390 : EM_AARCH64;
  const auto parsed = app::parse_elf(ElfBuilder{.machine = other}.bytes(), "/srv/app.so");
  REQUIRE_FALSE(parsed.has_value());
  CHECK(parsed.error().kind == Kind::OtherArchitecture);
  const std::string expected = "/srv/app.so is built for " +
                               std::string(other == EM_S390 ? "s390x" : "aarch64") + ", this is " +
                               app::architecture_name(app::host_identity());
  CHECK(parsed.error().message.starts_with(expected));
}

TEST_CASE("ElfFile: the other byte order is another machine, and is named") {
  Bytes bytes = ElfBuilder{}.bytes();
  bytes[EI_DATA] = std::byte{ELFDATA2MSB};
  bytes[18] = std::byte{0};
  bytes[19] = std::byte{EM_PPC64};
  CHECK(kind_of(bytes) == Kind::OtherArchitecture);
  const auto identity = app::identify_elf(bytes, "app.so");
  REQUIRE(identity.has_value());
  CHECK(app::architecture_name(*identity) == "ppc64");
}

TEST_CASE("ElfFile: other word size or byte order makes another machine of the same number") {
  Bytes word_size = ElfBuilder{}.bytes();
  word_size[EI_CLASS] ^= std::byte{ELFCLASS32 ^ ELFCLASS64};
  CHECK(kind_of(word_size) == Kind::OtherArchitecture);
  Bytes byte_order = ElfBuilder{}.bytes();
  byte_order[EI_DATA] ^= std::byte{ELFDATA2LSB ^ ELFDATA2MSB};
  std::swap(byte_order[16], byte_order[17]);
  std::swap(byte_order[18], byte_order[19]);
  CHECK(kind_of(byte_order) == Kind::OtherArchitecture);
  Bytes x32 = ElfBuilder{.machine = EM_X86_64}.bytes();
  x32[EI_CLASS] = std::byte{ELFCLASS32};
  CHECK(app::architecture_name(*app::identify_elf(x32, "app.so")) == "x32");
}

TEST_CASE("ElfFile: an unknown machine has its number for a name") {
  CHECK(app::architecture_name({.bits = 64, .big_endian = false, .machine = 4321, .type = 0}) ==
        "ELF machine 4321");
}

TEST_CASE("ElfFile: programs, object files and core dumps are not shared objects") {
  CHECK(kind_of(ElfBuilder{.type = ET_EXEC}.bytes()) == Kind::NotASharedObject);
  CHECK(kind_of(ElfBuilder{.type = ET_REL}.bytes()) == Kind::NotASharedObject);
  CHECK(kind_of(ElfBuilder{.type = ET_CORE}.bytes()) == Kind::NotASharedObject);
  CHECK(kind_of(ElfBuilder{.is_program = true}.bytes()) == Kind::NotASharedObject);
  Bytes without_dynamic = ElfBuilder{}.bytes();
  ElfW(Ehdr) header;
  std::memcpy(&header, without_dynamic.data(), sizeof header);
  header.e_phnum = 1;
  std::memcpy(without_dynamic.data(), &header, sizeof header);
  CHECK(kind_of(without_dynamic) == Kind::NotASharedObject);
}

TEST_CASE("ElfFile: this very program is not a shared object") {
  CHECK(kind_of(file_bytes("/proc/self/exe")) == Kind::NotASharedObject);
}

TEST_CASE("ElfFile: a real library that ends early is damaged wherever it ends") {
  const Bytes whole = real_library();
  for (std::size_t size = 4; size < whole.size(); size += size < 2048 ? 1 : 509) {
    // A copy of exactly this size, so that a sanitizer sees every byte read beyond it.
    const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const auto parsed = app::parse_elf(part, "app.so");
    REQUIRE_FALSE(parsed.has_value());
    REQUIRE(parsed.error().kind == Kind::Damaged);
  }
}

TEST_CASE("ElfFile: a small file that ends early is damaged wherever it ends") {
  const Bytes whole = ElfBuilder{.needed = {"liba.so"}, .build_id = "12345678"}.bytes();
  REQUIRE(app::parse_elf(whole, "app.so").has_value());
  for (std::size_t size = 4; size < whole.size(); ++size) {
    REQUIRE(kind_of(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))) ==
            Kind::Damaged);
  }
}

TEST_CASE("ElfFile: a segment or name that reaches beyond its end is damage") {
  CHECK(kind_of(ElfBuilder{.load_excess = 1}.bytes()) == Kind::Damaged);
  const ElfBuilder unterminated{.soname = "liba.so", .strings_cut = 1};
  CHECK(kind_of(unterminated.bytes()) == Kind::Damaged);
  const ElfBuilder outside{.soname = "liba.so", .strings_cut = 8};
  CHECK(kind_of(outside.bytes()) == Kind::Damaged);
}

TEST_CASE("ElfFile: no byte of a file can lead the reader out of it") {
  const Bytes whole =
      ElfBuilder{.needed = {"liba.so"}, .soname = "b", .runpath = "c", .build_id = "1"}.bytes();
  int refused = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const unsigned value : {0x00U, 0x01U, 0x7fU, 0x80U, 0xffU}) {
      Bytes changed = whole;
      changed[at] = static_cast<std::byte>(value);
      refused += app::parse_elf(changed, "app.so").has_value() ? 0 : 1;
    }
  }
  CHECK(refused > 0);
}

TEST_CASE("ElfFile: random damage to the headers of a real library is survived") {
  const Bytes whole = real_library();
  const auto parsed = app::parse_elf(whole, "app.so");
  REQUIRE(parsed.has_value());
  std::minstd_rand random(20240229);
  Bytes changed = whole;
  int refused = 0;
  for (int round = 0; round < 20000; ++round) {
    std::size_t places[3];
    for (std::size_t& place : places) {
      place = random() % 1024;
      changed[place] = static_cast<std::byte>(random());
    }
    refused += app::parse_elf(changed, "app.so").has_value() ? 0 : 1;
    for (const std::size_t place : places) {
      changed[place] = whole[place];
    }
  }
  CHECK(refused > 0);
}
