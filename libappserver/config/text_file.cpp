#include "config/text_file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "base/errno_text.h"
#include "config/quote.h"

namespace appserver::config {
namespace {

constexpr std::size_t kLargest = std::size_t{1} << 20U;

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { static_cast<void>(std::fclose(file)); }
};

Failure<Error> cannot_read(const std::string& path, const std::string& reason) {
  return failure("cannot read " + in_quotes(path) + ": " + reason);
}

}  // namespace

Result<std::string> read_text_file(const std::string& path) {
  // 'e' is close-on-exec: the master may fork or replace its image at any time.
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "re"));
  if (file == nullptr) {
    return cannot_read(path, errno_text(errno));
  }
  std::string text;
  std::array<char, 4096> block{};
  while (true) {
    errno = 0;
    const std::size_t got = std::fread(block.data(), 1, block.size(), file.get());
    if (got == 0 && std::ferror(file.get()) != 0) {
      return cannot_read(path, errno_text(errno));
    }
    if (got == 0) {
      return text;
    }
    text.append(block.data(), got);
    if (text.size() > kLargest) {
      return cannot_read(path, "it is larger than 1M");
    }
  }
}

}  // namespace appserver::config
