#include "base/accounts.h"

#include <charconv>
#include <grp.h>
#include <pwd.h>

namespace appserver {
namespace {

std::optional<unsigned> parse_id(const std::string& text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_id =
      error == std::errc{} && end == text.data() + text.size() && number != static_cast<uid_t>(-1);
  return is_id ? std::optional(number) : std::nullopt;
}

}  // namespace

std::optional<UserAccount> find_user(const std::string& name) {
  if (const passwd* entry = ::getpwnam(name.c_str()); entry != nullptr) {
    return UserAccount{entry->pw_uid, entry->pw_gid};
  }
  if (const auto number = parse_id(name)) {
    return UserAccount{*number, std::nullopt};
  }
  return std::nullopt;
}

std::optional<gid_t> find_group(const std::string& name) {
  if (const group* entry = ::getgrnam(name.c_str()); entry != nullptr) {
    return entry->gr_gid;
  }
  return parse_id(name);
}

}  // namespace appserver
