#include "base/privileges.h"

#include <cerrno>
#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/accounts.h"
#include "base/errno_text.h"

namespace appserver {
namespace {

struct Identity {
  uid_t uid;
  gid_t gid;
  std::string user_name;  // Empty when only a number is known: no supplementary groups then.
};

Result<Identity> resolve(const Credentials& wanted) {
  Identity identity{::getuid(), ::getgid(), ""};
  if (!wanted.user.empty()) {
    const auto user = find_user(wanted.user);
    if (!user) {
      return failure("user '" + wanted.user + "' does not exist; see `getent passwd`");
    }
    identity.uid = user->uid;
    if (user->gid.has_value()) {
      identity.gid = *user->gid;
      identity.user_name = wanted.user;
    }
  }
  if (!wanted.group.empty()) {
    const auto group = find_group(wanted.group);
    if (!group) {
      return failure("group '" + wanted.group + "' does not exist; see `getent group`");
    }
    identity.gid = *group;
  }
  return identity;
}

bool is_already(const Identity& identity) {
  return identity.uid == ::geteuid() && identity.gid == ::getegid();
}

}  // namespace

Result<Ok> check_credentials(const Credentials& wanted) {
  const auto identity = resolve(wanted);
  if (!identity) {
    return failure(identity.error());
  }
  if (!is_already(*identity) && ::geteuid() != 0) {
    return failure("cannot become user '" + wanted.user + "', group '" + wanted.group +
                   "': only root can; start as root or leave out --user and --group");
  }
  return ok();
}

Result<Ok> drop_privileges(const Credentials& wanted) {
  const auto identity = resolve(wanted);
  if (!identity) {
    return failure(identity.error());
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return failure("cannot set no_new_privs: " + errno_text(errno));
  }
  if (is_already(*identity)) {
    return ok();
  }
  const int groups = identity->user_name.empty()
                         ? ::setgroups(1, &identity->gid)
                         : ::initgroups(identity->user_name.c_str(), identity->gid);
  if (groups != 0 || ::setresgid(identity->gid, identity->gid, identity->gid) != 0 ||
      ::setresuid(identity->uid, identity->uid, identity->uid) != 0) {
    return failure("cannot become user '" + wanted.user + "', group '" + wanted.group +
                   "': " + errno_text(errno));
  }
  if (identity->uid != 0 && ::setuid(0) == 0) {
    return failure(std::string("root was given up but could be taken back; refusing to go on"));
  }
  return ok();
}

}  // namespace appserver
