#include "http/error_pages.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>
#include <utility>

#include "base/errno_text.h"
#include "http/media_type.h"

namespace appserver::http {
namespace {

// A page is sent again and again, to whoever provokes errors, and each worker holds it.
constexpr std::size_t kLargest = 256 * 1024;

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { static_cast<void>(std::fclose(file)); }
};

Failure<Error> cannot_use(const std::string& entry, const std::string& why) {
  return failure("cannot use the error page \"" + entry + "\": " + why);
}

// Returns: 0 when the text is no status of an error.
unsigned read_status(std::string_view text) {
  unsigned status = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
  const bool is_number = error == std::errc{} && end == text.data() + text.size();
  return is_number && status >= 400 && status <= 599 ? status : 0;
}

// Returns: errno's text, or that the file is too large; empty when all of it is in `content`.
std::string read_page(const std::string& path, std::string& content) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "re"));
  if (file == nullptr) {
    return errno_text(errno);
  }
  std::array<char, 4096> block{};
  while (content.size() <= kLargest) {
    errno = 0;
    const std::size_t got = std::fread(block.data(), 1, block.size(), file.get());
    if (got == 0) {
      return std::ferror(file.get()) != 0 ? errno_text(errno) : std::string();
    }
    content.append(block.data(), got);
  }
  return "it is larger than 256K";
}

}  // namespace

Result<ErrorPages> ErrorPages::load(const std::vector<std::string>& entries) {
  ErrorPages loaded;
  for (const std::string& entry : entries) {
    const std::size_t equals = entry.find('=');
    const unsigned status = read_status(std::string_view(entry).substr(0, equals));
    if (equals == std::string::npos || status == 0) {
      return cannot_use(entry, "write STATUS=FILE, with a status from 400 to 599");
    }
    Page page{status, media_type_of(entry), {}};
    if (page.content_type == media_type_of({})) {
      return cannot_use(entry, "its type is not known; give the file an extension such as .html");
    }
    if (const std::string why = read_page(entry.substr(equals + 1), page.content); !why.empty()) {
      return cannot_use(entry, why);
    }
    loaded.pages_.insert(loaded.pages_.begin(), std::move(page));
  }
  return loaded;
}

const ErrorPages::Page* ErrorPages::find(unsigned status) const {
  const auto page = std::find_if(pages_.begin(), pages_.end(),
                                 [status](const Page& each) { return each.status == status; });
  return page != pages_.end() ? &*page : nullptr;
}

}  // namespace appserver::http
