#pragma once

#include <string>

#include "base/result.h"

namespace appserver {

// Who a process becomes before it runs code of others. Names as in passwd(5) and group(5), or
// numbers; empty means unchanged.
struct Credentials {
  std::string user;
  std::string group;
};

// Checks that the names exist and that this process may become them, so that a mistake is told at
// start.
[[nodiscard]] Result<Ok> check_credentials(const Credentials& wanted);

// Gives up root for good: supplementary groups, group, user, in this order, then proves that there
// is no way back. Also bars gaining privileges through exec (PR_SET_NO_NEW_PRIVS).
// [before app code] Without root, `wanted` must be empty or what the process already is.
[[nodiscard]] Result<Ok> drop_privileges(const Credentials& wanted);

}  // namespace appserver
