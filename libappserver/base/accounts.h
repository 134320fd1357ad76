#pragma once

#include <optional>
#include <string>
#include <sys/types.h>

// Users and groups by name, as in passwd(5) and group(5), or by number.
namespace appserver {

struct UserAccount {
  uid_t uid;
  std::optional<gid_t> gid;  // The user's own group; not known when only a number was given.
};

// Returns: nullopt when there is no such name and it is no number. The number 4294967295 is none
// either: it is how chown(2) and setresuid(2) are told to change nothing. [any] Reads the databases
// of the system.
[[nodiscard]] std::optional<UserAccount> find_user(const std::string& name);
[[nodiscard]] std::optional<gid_t> find_group(const std::string& name);

}  // namespace appserver
