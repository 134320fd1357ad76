#include "app/elf_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <elf.h>
#include <link.h>
#include <optional>
#include <utility>

namespace appserver::app {
namespace {

using Bytes = std::span<const std::byte>;
using Kind = LoadError::Kind;

// The structs of this machine's word size.
using ElfHeader = ElfW(Ehdr);
using ElfSegment = ElfW(Phdr);
using ElfDynamic = ElfW(Dyn);
using ElfNote = ElfW(Nhdr);

#if defined(__x86_64__)
constexpr std::uint16_t kHostMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t kHostMachine = EM_AARCH64;
#elif defined(__riscv)
constexpr std::uint16_t kHostMachine = EM_RISCV;
#elif defined(__powerpc64__)
constexpr std::uint16_t kHostMachine = EM_PPC64;
#elif defined(__s390x__)
constexpr std::uint16_t kHostMachine = EM_S390;
#elif defined(__arm__)
constexpr std::uint16_t kHostMachine = EM_ARM;
#elif defined(__i386__)
constexpr std::uint16_t kHostMachine = EM_386;
#elif defined(__loongarch__)
constexpr std::uint16_t kHostMachine = 258;  // EM_LOONGARCH is missing from older elf.h.
#else
#error "Name the e_machine of this architecture here."
#endif

struct MachineName {
  std::uint16_t machine;
  unsigned bits;  // 0: any
  std::string_view name;
};
constexpr std::array kMachineNames{
    MachineName{EM_X86_64, 64, "x86-64"}, MachineName{EM_X86_64, 32, "x32"},
    MachineName{EM_386, 0, "x86"},        MachineName{EM_AARCH64, 0, "aarch64"},
    MachineName{EM_ARM, 0, "arm"},        MachineName{EM_RISCV, 64, "riscv64"},
    MachineName{EM_RISCV, 32, "riscv32"}, MachineName{EM_PPC64, 0, "ppc64"},
    MachineName{EM_PPC, 0, "ppc"},        MachineName{EM_S390, 0, "s390x"},
    MachineName{EM_MIPS, 0, "mips"},      MachineName{258, 0, "loongarch64"},
};

Failure<LoadError> refuse(Kind kind, std::string_view path, std::string_view what) {
  return {LoadError{kind, std::string(path).append(what)}};
}

Failure<LoadError> damaged(std::string_view path, std::string_view what) {
  return {LoadError{Kind::Damaged,
                    std::string(path)
                        .append(" is damaged or not complete (")
                        .append(what)
                        .append("): build or copy it again; put new builds in place with a rename, "
                                "so that nobody sees half a file")}};
}

// Copies a T out of the bytes; nothing aligns them. Empty when it would not lie inside.
template <typename T>
std::optional<T> read_at(Bytes bytes, std::uint64_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) {
    return std::nullopt;
  }
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

// The `size` bytes from `offset` on. Empty optional when they do not lie inside.
std::optional<Bytes> range(Bytes bytes, std::uint64_t offset, std::uint64_t size) {
  if (offset > bytes.size() || bytes.size() - offset < size) {
    return std::nullopt;
  }
  return bytes.subspan(offset, size);
}

// The NUL-terminated text at `offset` of a string table.
std::optional<std::string> text_at(Bytes strings, std::uint64_t offset) {
  if (offset >= strings.size()) {
    return std::nullopt;
  }
  const Bytes rest = strings.subspan(offset);
  const auto end = std::find(rest.begin(), rest.end(), std::byte{0});
  if (end == rest.end()) {
    return std::nullopt;
  }
  const auto length = static_cast<std::size_t>(end - rest.begin());
  std::string text(length, '\0');
  std::memcpy(text.data(), rest.data(), length);
  return text;
}

std::uint16_t half_at(Bytes bytes, std::size_t offset, bool big_endian) {
  const auto first = std::to_integer<unsigned>(bytes[offset]);
  const auto second = std::to_integer<unsigned>(bytes[offset + 1]);
  return static_cast<std::uint16_t>(big_endian ? first << 8U | second : second << 8U | first);
}

std::string to_hex(Bytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::byte b : bytes) {
    text += kDigits[std::to_integer<unsigned>(b) >> 4U];
    text += kDigits[std::to_integer<unsigned>(b) & 15U];
  }
  return text;
}

// One pass over a shared object for this machine; each step relies on those before it.
class Reader {
 public:
  Reader(Bytes bytes, std::string_view path) : bytes_(bytes), path_(path) {}

  Result<ElfFile, LoadError> read() {
    if (const char* problem = read_headers(); problem != nullptr) {
      return damaged(path_, problem);
    }
    if (!has_dynamic_section_) {
      return refuse(Kind::NotASharedObject, path_,
                    " has no dynamic section: build the app as a shared object (-shared -fPIC)");
    }
    if (const char* problem = read_dynamic_section(); problem != nullptr) {
      return damaged(path_, problem);
    }
    if (is_program_) {
      return refuse(Kind::NotASharedObject, path_,
                    " is a program, not a shared object: build the app with -shared -fPIC");
    }
    return std::move(file_);
  }

 private:
  // Each step returns what is wrong, or null.
  const char* read_headers();
  const char* read_segment(const ElfSegment& segment);
  void read_notes(Bytes notes, std::uint64_t alignment);
  const char* read_dynamic_section();
  const char* read_texts(Bytes strings);
  [[nodiscard]] std::optional<Bytes> at_address(std::uint64_t address, std::uint64_t size) const;

  Bytes bytes_;
  std::string_view path_;
  ElfFile file_;
  std::vector<ElfSegment> loaded_;
  Bytes dynamic_;
  bool has_dynamic_section_ = false;
  bool is_program_ = false;
};

const char* Reader::read_headers() {
  const auto header = read_at<ElfHeader>(bytes_, 0);
  if (!header) {
    return "it ends within its first header";
  }
  // Linkers write the section headers last. The dynamic linker does without them, but a file that
  // lacks them lost its end.
  const std::uint64_t sections = std::uint64_t{header->e_shnum} * header->e_shentsize;
  if (header->e_shoff != 0 && !range(bytes_, header->e_shoff, sections)) {
    return "it ends before its section headers";
  }
  if (header->e_phnum != 0 && header->e_phentsize != sizeof(ElfSegment)) {
    return "its program headers have an unknown size";
  }
  const std::uint64_t segments = std::uint64_t{header->e_phnum} * sizeof(ElfSegment);
  const auto table = range(bytes_, header->e_phoff, segments);
  if (!table) {
    return "it ends before its program headers";
  }
  for (std::uint64_t at = 0; const auto segment = read_at<ElfSegment>(*table, at);
       at += sizeof(ElfSegment)) {
    if (const char* problem = read_segment(*segment); problem != nullptr) {
      return problem;
    }
  }
  return nullptr;
}

const char* Reader::read_segment(const ElfSegment& segment) {
  const auto content = range(bytes_, segment.p_offset, segment.p_filesz);
  if (segment.p_type == PT_LOAD) {
    if (!content) {
      return "it ends within a segment";
    }
    loaded_.push_back(segment);
  } else if (segment.p_type == PT_DYNAMIC) {
    if (!content) {
      return "it ends within its dynamic section";
    }
    has_dynamic_section_ = true;
    dynamic_ = *content;
  } else if (segment.p_type == PT_NOTE && content) {
    read_notes(*content, segment.p_align);
  }
  return nullptr;
}

void Reader::read_notes(Bytes notes, std::uint64_t alignment) {
  const std::uint64_t unit = alignment == 8 ? 8 : 4;
  const auto padded = [unit](std::uint64_t size) { return (size + unit - 1) / unit * unit; };
  while (const auto note = read_at<ElfNote>(notes, 0)) {
    const auto name = range(notes, sizeof(ElfNote), note->n_namesz);
    const std::uint64_t content_offset = padded(sizeof(ElfNote) + std::uint64_t{note->n_namesz});
    const auto content = range(notes, content_offset, note->n_descsz);
    if (!name || !content) {
      return;
    }
    constexpr std::size_t kGnuSize = 4;  // "GNU" and its NUL
    if (note->n_type == NT_GNU_BUILD_ID && name->size() == kGnuSize &&
        std::memcmp(name->data(), "GNU", kGnuSize) == 0) {
      file_.build_id = to_hex(*content);
      return;
    }
    const std::uint64_t next = padded(content_offset + note->n_descsz);
    if (next > notes.size()) {
      return;
    }
    notes = notes.subspan(next);
  }
}

const char* Reader::read_dynamic_section() {
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  for (std::uint64_t at = 0; const auto entry = read_at<ElfDynamic>(dynamic_, at);
       at += sizeof(ElfDynamic)) {
    if (entry->d_tag == DT_NULL) {
      break;
    }
    if (entry->d_tag == DT_STRTAB) {
      address = entry->d_un.d_ptr;
    } else if (entry->d_tag == DT_STRSZ) {
      size = entry->d_un.d_val;
    } else if (entry->d_tag == DT_FLAGS_1) {
      is_program_ = (entry->d_un.d_val & DF_1_PIE) != 0;
    }
  }
  const auto strings = at_address(address, size);
  if (!strings) {
    return "its string table lies outside";
  }
  return read_texts(*strings);
}

const char* Reader::read_texts(Bytes strings) {
  bool has_runpath = false;
  for (std::uint64_t at = 0; const auto entry = read_at<ElfDynamic>(dynamic_, at);
       at += sizeof(ElfDynamic)) {
    const auto tag = entry->d_tag;
    if (tag == DT_NULL) {
      break;
    }
    if (tag != DT_NEEDED && tag != DT_SONAME && tag != DT_RUNPATH && tag != DT_RPATH) {
      continue;
    }
    auto text = text_at(strings, entry->d_un.d_val);
    if (!text) {
      return "a name of its dynamic section lies outside";
    }
    if (tag == DT_NEEDED) {
      file_.needed.push_back(std::move(*text));
    } else if (tag == DT_SONAME) {
      file_.soname = std::move(*text);
    } else if (tag == DT_RUNPATH) {
      has_runpath = true;
      file_.runpath = std::move(*text);
    } else {
      file_.rpath = std::move(*text);
    }
  }
  // ld.so(8): DT_RPATH counts only where there is no DT_RUNPATH.
  if (has_runpath) {
    file_.rpath.clear();
  }
  return nullptr;
}

std::optional<Bytes> Reader::at_address(std::uint64_t address, std::uint64_t size) const {
  for (const auto& segment : loaded_) {
    const std::uint64_t inside = address - segment.p_vaddr;
    if (address >= segment.p_vaddr && inside <= segment.p_filesz &&
        segment.p_filesz - inside >= size) {
      return range(bytes_, segment.p_offset + inside, size);
    }
  }
  return std::nullopt;
}

}  // namespace

Result<ElfIdentity, LoadError> identify_elf(Bytes bytes, std::string_view path) {
  if (bytes.empty()) {
    return refuse(Kind::NotElf, path, " is empty: build or copy it again");
  }
  if (bytes.size() < SELFMAG || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0) {
    return refuse(Kind::NotElf, path,
                  " is not an ELF file: give the path of the app's shared object (.so)");
  }
  if (bytes.size() < kElfIdentitySize) {
    return damaged(path, "it ends within its first header");
  }
  const auto file_class = std::to_integer<unsigned>(bytes[EI_CLASS]);
  const auto encoding = std::to_integer<unsigned>(bytes[EI_DATA]);
  if ((file_class != ELFCLASS32 && file_class != ELFCLASS64) ||
      (encoding != ELFDATA2LSB && encoding != ELFDATA2MSB)) {
    return damaged(path, "its first header makes no sense");
  }
  ElfIdentity identity;
  identity.bits = file_class == ELFCLASS64 ? 64 : 32;
  identity.big_endian = encoding == ELFDATA2MSB;
  identity.type = half_at(bytes, 16, identity.big_endian);
  identity.machine = half_at(bytes, 18, identity.big_endian);
  return identity;
}

std::string architecture_name(const ElfIdentity& identity) {
  for (const MachineName& known : kMachineNames) {
    if (known.machine == identity.machine && (known.bits == 0 || known.bits == identity.bits)) {
      std::string name(known.name);
      if (known.machine == EM_PPC64 && !identity.big_endian) {
        name += "le";
      }
      return name;
    }
  }
  return "ELF machine " + std::to_string(identity.machine);
}

ElfIdentity host_identity() noexcept {
  return {.bits = sizeof(void*) * 8,
          .big_endian = std::endian::native == std::endian::big,
          .machine = kHostMachine,
          .type = ET_DYN};
}

Result<Ok, LoadError> require_shared_object(const ElfIdentity& identity, std::string_view path) {
  const ElfIdentity host = host_identity();
  if (identity.bits != host.bits || identity.big_endian != host.big_endian ||
      identity.machine != host.machine) {
    return refuse(Kind::OtherArchitecture, path,
                  " is built for " + architecture_name(identity) + ", this is " +
                      architecture_name(host) + ": build it for this machine");
  }
  switch (identity.type) {
    case ET_DYN:
      return ok();
    case ET_REL:
      return refuse(Kind::NotASharedObject, path,
                    " is an object file that is not linked yet: link it with -shared");
    case ET_EXEC:
      return refuse(Kind::NotASharedObject, path,
                    " is a program, not a shared object: build the app with -shared -fPIC");
    case ET_CORE:
      return refuse(Kind::NotASharedObject, path,
                    " is a core dump: give the path of the app's shared object (.so)");
    default:
      return refuse(Kind::NotASharedObject, path,
                    " is not a shared object: build the app with -shared -fPIC");
  }
}

Result<ElfFile, LoadError> parse_elf(Bytes bytes, std::string_view path) {
  const auto identity = identify_elf(bytes, path);
  if (!identity) {
    return failure(identity.error());
  }
  if (const auto usable = require_shared_object(*identity, path); !usable) {
    return failure(usable.error());
  }
  return Reader(bytes, path).read();
}

}  // namespace appserver::app
