#include "zygote/frame_names.h"

#include <algorithm>
#include <backtrace.h>
#include <cstdint>
#include <cstdlib>
#include <cxxabi.h>
#include <filesystem>
#include <link.h>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace appserver::zygote {
namespace {

using Address = std::uintptr_t;

// Longer names are those of templates of templates; their beginning tells enough.
constexpr std::size_t kLongestName = 400;

// Where files are mapped in this process, by their names; the program itself has none.
using Bases = std::map<std::string, Address, std::less<>>;

Bases find_bases() {
  Bases bases;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* found) {
        static_cast<Bases*>(found)->emplace(info->dlpi_name, info->dlpi_addr);
        return 0;
      },
      &bases);
  return bases;
}

std::string demangle(const char* name) {
  struct Free {
    void operator()(char* text) const noexcept { std::free(text); }
  };
  const std::unique_ptr<char, Free> text(abi::__cxa_demangle(name, nullptr, nullptr, nullptr));
  return std::string(text == nullptr ? name : text.get()).substr(0, kLongestName);
}

void ignore_error(void*, const char*, int) {}

// What was found out about one frame.
struct Finding {
  std::uint32_t frame;
  std::vector<ipc::FrameNamed> names;
};

// libbacktrace's callbacks, for functions by debug information and by symbol table.
int add_function(void* finding, Address, const char* file, int line, const char* function) {
  if (function != nullptr || file != nullptr) {
    Finding& found = *static_cast<Finding*>(finding);
    found.names.push_back({found.frame, static_cast<std::uint32_t>(std::max(line, 0)),
                           function == nullptr ? "" : demangle(function),
                           file == nullptr ? "" : file});
  }
  return 0;  // Go on: the function into which this one was inlined.
}

void take_symbol(void* symbol, Address, const char* name, Address, Address) {
  if (name != nullptr) {
    *static_cast<std::string*>(symbol) = demangle(name);
  }
}

// Debug information calls a function without a linkage name by its last name only, "crash"; the
// symbol table, which knows nothing of inlined functions, has it as
// "(anonymous namespace)::crash(int)".
void complete(Finding& finding, std::string symbol) {
  if (symbol.empty()) {
    return;
  }
  if (finding.names.empty()) {
    finding.names.push_back({finding.frame, 0, "", ""});
  }
  std::string& function = finding.names.back().function;
  if (function.find('(') == std::string::npos) {
    function = std::move(symbol);
  }
}

class Files {
 public:
  explicit Files(const std::vector<std::string>& modules)
      : modules_(modules), files_(modules.size()), bases_(find_bases()) {}

  void look_up(const ipc::CodeFrame& frame, Finding& finding) {
    if (frame.module >= files_.size()) {
      return;
    }
    const File& file = open(frame.module);
    // The instruction behind a call may belong to the next line, or even function.
    const Address place = file.base + frame.offset - (frame.is_exact != 0 ? 0 : 1);
    if (file.state == nullptr) {
      return;
    }
    std::string symbol;
    ::backtrace_pcinfo(file.state, place, &add_function, &ignore_error, &finding);
    ::backtrace_syminfo(file.state, place, &take_symbol, &ignore_error, &symbol);
    complete(finding, std::move(symbol));
  }

 private:
  struct File {
    backtrace_state* state = nullptr;
    Address base = 0;
  };

  const File& open(std::uint32_t module) {
    std::optional<File>& file = files_[module];
    if (!file) {
      const std::string& name = modules_[module];
      const auto loaded = bases_.find(name);
      // libbacktrace looks at everything that is loaded, and takes the file whose name it gets for
      // the program. A file that is not loaded can so be looked into as if it were the program, at
      // the program's place.
      std::error_code unreadable;
      if (loaded != bases_.end()) {
        file = File{here(), loaded->second};
      } else if (std::filesystem::is_regular_file(name, unreadable)) {
        file = File{state_of(name.c_str()), bases_[""]};
      } else {
        file = File{};  // libbacktrace would look into the program instead.
      }
    }
    return *file;
  }
  // Everything that this process has loaded.
  backtrace_state* here() {
    if (here_ == nullptr) {
      here_ = state_of("/proc/self/exe");
    }
    return here_;
  }
  static backtrace_state* state_of(const char* program) {
    return ::backtrace_create_state(program, 0, &ignore_error, nullptr);
  }

  const std::vector<std::string>& modules_;
  std::vector<std::optional<File>> files_;
  Bases bases_;
  backtrace_state* here_ = nullptr;
};

}  // namespace

void name_frames(const ipc::NameFrames& order, const std::function<void(ipc::FrameNamed)>& tell) {
  Files files(order.modules);
  for (std::size_t i = 0; i < order.frames.size(); ++i) {
    Finding finding{static_cast<std::uint32_t>(i), {}};
    files.look_up(order.frames[i], finding);
    for (ipc::FrameNamed& name : finding.names) {
      tell(std::move(name));
    }
  }
}

}  // namespace appserver::zygote
