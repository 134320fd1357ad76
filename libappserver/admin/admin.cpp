#include "admin/admin.h"

#include <signal.h>
#include <string_view>
#include <sys/prctl.h>
#include <utility>

#include "admin/master_link.h"
#include "base/privileges.h"
#include "base/signals.h"

namespace appserver::admin {
namespace {

constexpr int kFailed = 1;

}  // namespace

config::Options engine_options(const config::Options& server) {
  using std::chrono::milliseconds;
  config::Options options;
  options.workers = 1;
  options.worker_connections = 256;
  options.timeout = milliseconds{0};  // A deploy takes as long as it takes.
  options.graceful_timeout = milliseconds{500};
  options.keep_alive = milliseconds{30'000};
  options.limit_request_body = 64 * 1024;
  options.health_path.clear();
  options.ready_path.clear();
  options.forwarded_allow_ips.clear();  // The peer is who the kernel says.
  options.proxy_allow_from.clear();
  options.log_level = server.log_level;
  options.log_format = server.log_format;
  return options;
}

int admin(AdminSetup setup) {
  // The master decides when it leaves; a signal to the whole group is meant for the master.
  ignore_signals({SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGTTIN, SIGTTOU, SIGPIPE});
  setup.log.set_witness({});
  setup.log.set_identity({"admin", std::nullopt, std::nullopt});
  if (auto dropped = drop_privileges({setup.server.user, setup.server.group}); !dropped) {
    setup.log.error("the admin process cannot give up its privileges",
                    {{"why", std::string_view(dropped.error().message)}});
    return kFailed;
  }
  // It speaks to the master in the name of others: workers, which may be of the same user, cannot
  // trace it (ptrace(2)) and do so in its place.
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  MasterLink link(std::move(setup.master), setup.scoreboard);
  return setup.serve(engine_options(setup.server), admin_app(link, setup.masters));
}

}  // namespace appserver::admin
