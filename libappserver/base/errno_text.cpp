#include "base/errno_text.h"

#include <cstring>
#include <system_error>

namespace appserver {

std::string errno_text(int error) {
  std::string text = std::generic_category().message(error);
  if (const char* name = ::strerrorname_np(error); name != nullptr) {
    text.append(" (").append(name).append(")");
  }
  return text;
}

}  // namespace appserver
