#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <elf.h>
#include <filesystem>
#include <fstream>
#include <link.h>
#include <string>
#include <vector>

#include "app/elf_file.h"

namespace appserver::test {

// The smallest shared object that says what a test wants it to say; it has no code.
struct ElfBuilder {
  std::vector<std::string> needed = {};
  std::string soname = {};
  std::string runpath = {};
  std::string rpath = {};
  std::string build_id = {};  // the bytes themselves
  bool is_program = false;
  // Lies, for the tests of the reader's checks.
  unsigned load_excess = 0;  // bytes of the loaded segment that the file does not have
  unsigned strings_cut = 0;  // bytes at the end of the strings that DT_STRSZ leaves out
  std::uint16_t machine = app::host_identity().machine;
  std::uint16_t type = ET_DYN;

  [[nodiscard]] std::vector<std::byte> bytes() const;
  void write_to(const std::filesystem::path& path) const {
    const auto content = bytes();
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(content.data()),
               static_cast<std::streamsize>(content.size()));
  }
};

template <typename T>
void put(std::vector<std::byte>& bytes, const T& value) {
  const auto* first = reinterpret_cast<const std::byte*>(&value);
  bytes.insert(bytes.end(), first, first + sizeof value);
}

inline std::vector<std::byte> ElfBuilder::bytes() const {
  using Word = decltype(ElfW(Phdr)::p_filesz);
  std::string strings(1, '\0');
  std::vector<ElfW(Dyn)> dynamic;
  const auto add_number = [&dynamic](std::int64_t tag, std::uint64_t value) {
    ElfW(Dyn) entry{};
    entry.d_tag = tag;
    entry.d_un.d_val = value;
    dynamic.push_back(entry);
  };
  const auto add_text = [&](std::int64_t tag, const std::string& text) {
    if (!text.empty()) {
      add_number(tag, strings.size());
      strings += text + '\0';
    }
  };
  for (const std::string& name : needed) {
    add_text(DT_NEEDED, name);
  }
  add_text(DT_SONAME, soname);
  add_text(DT_RPATH, rpath);
  add_text(DT_RUNPATH, runpath);
  add_number(DT_FLAGS_1, is_program ? DF_1_PIE : 0);

  // The layout: header, three program headers, strings, note, dynamic section.
  const Word strings_at = sizeof(ElfW(Ehdr)) + 3 * sizeof(ElfW(Phdr));
  std::string padded = strings;
  padded.resize((strings.size() + 7) / 8 * 8);
  std::vector<std::byte> note;
  if (!build_id.empty()) {
    put(note, ElfW(Nhdr){4, static_cast<ElfW(Word)>(build_id.size()), NT_GNU_BUILD_ID});
    put(note, std::to_array<char>({'G', 'N', 'U', '\0'}));
    for (const char c : build_id) {
      note.push_back(static_cast<std::byte>(c));
    }
    note.resize((note.size() + 7) / 8 * 8);
  }
  const Word note_at = strings_at + padded.size();
  const Word dynamic_at = note_at + note.size();
  add_number(DT_STRTAB, strings_at);
  add_number(DT_STRSZ, strings.size() - strings_cut);
  add_number(DT_NULL, 0);
  const Word dynamic_size = dynamic.size() * sizeof(ElfW(Dyn));
  const Word end = dynamic_at + dynamic_size;

  ElfW(Ehdr) header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
  header.e_ident[EI_DATA] = std::endian::native == std::endian::big ? ELFDATA2MSB : ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = type;
  header.e_machine = machine;
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof(ElfW(Ehdr));
  header.e_ehsize = sizeof(ElfW(Ehdr));
  header.e_phentsize = sizeof(ElfW(Phdr));
  header.e_phnum = 3;
  const auto segment = [](ElfW(Word) kind, Word at, Word size) {
    ElfW(Phdr) one{};
    one.p_type = kind;
    one.p_offset = at;
    one.p_vaddr = at;
    one.p_filesz = size;
    one.p_memsz = size;
    one.p_align = 4;
    return one;
  };
  std::vector<std::byte> file;
  put(file, header);
  put(file, segment(PT_LOAD, 0, end + load_excess));
  put(file, segment(PT_NOTE, note_at, note.size()));
  put(file, segment(PT_DYNAMIC, dynamic_at, dynamic_size));
  for (const char c : padded) {
    file.push_back(static_cast<std::byte>(c));
  }
  file.insert(file.end(), note.begin(), note.end());
  for (const auto& entry : dynamic) {
    put(file, entry);
  }
  return file;
}

}  // namespace appserver::test
