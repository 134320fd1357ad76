#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace appserver::http {

// The pages that replace the server's own words for a status: `--error-page 404=FILE`. Read once,
// then only looked up. A plain value. [worker]
class ErrorPages {
 public:
  struct Page {
    unsigned status = 0;
    std::string_view content_type;  // Static text.
    std::string content;
  };

  // None: every error is told in the server's own words.
  ErrorPages() = default;

  // Reads the files of entries such as "404=/srv/pages/404.html". The type is that of the file's
  // extension. The last entry for a status counts. Blocks while it reads.
  // Errors: an entry of another form, a status outside 400 to 599, an extension that is not known,
  // a file that cannot be read or is larger than 256 KiB; the text names the entry.
  [[nodiscard]] static Result<ErrorPages> load(const std::vector<std::string>& entries);

  // The page for a status, or null. Valid as long as this object.
  [[nodiscard]] const Page* find(unsigned status) const;

 private:
  std::vector<Page> pages_;
};

}  // namespace appserver::http
