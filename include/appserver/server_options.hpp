#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace appserver {

enum class LogLevel { Debug, Info, Warning, Error };
enum class LogFormat { Text, Json };

// One request that a release has to answer as wished before it gets a client: a [[deploy.check]] of
// the TOML file. A plain value.
struct DeployCheck {
  std::string path{};  // The request's target, from its slash on.
  std::string method = "GET";
  int status = 200;
  std::string body{};  // A pattern that is to be found in the answer's body; empty: any body.
  std::chrono::milliseconds deadline{5'000};  // For the whole answer.
  int repeat = 1;                             // So many times in a row.

  friend bool operator==(const DeployCheck&, const DeployCheck&) = default;
};

// Everything a user can set, with its default. Names are those of docs/CONFIGURATION.md:
// `--header-timeout` is `header_timeout` in TOML, APPSERVERD_HEADER_TIMEOUT in the environment and
// here. A plain value; every member has a default, so that an initialiser names those it wants.
// appserverd itself keeps its options in it, so that none is missing here; what they may hold is
// checked by the one table for both.
struct ServerOptions {
  // What to serve. Empty when no app was given.
  std::string app{};
  std::vector<std::string> mounts{};  // "[HOST]/[PATH]=APP.so"; of appserverd only.

  // Sockets.
  std::vector<std::string> bind = {"127.0.0.1:8000"};
  bool bind_given = true;  // False: no source named an address, and passed sockets come first.
  int backlog = 2048;
  std::optional<unsigned> socket_mode = 0660;  // Not set: as the umask has it.
  std::string socket_owner{};                  // Empty: --user and --group.

  // Processes.
  int workers = 1;  // The default is computed at start: the cgroup's CPU quota, else the cores.
  int worker_connections = 4096;
  int peer_connections = 0;  // 0: no limit.
  bool lazy = false;
  int threads = 0;  // Of each worker, for handlers that block; 0: handlers run one at a time.
  int reload_batch = 1;

  // Their lives.
  std::chrono::milliseconds timeout{30'000};    // A handler's time; 0: any.
  std::chrono::milliseconds blocked_loop{100};  // 0: is not told.
  std::chrono::milliseconds boot_timeout{60'000};
  std::chrono::milliseconds graceful_timeout{30'000};
  std::chrono::milliseconds drain_delay{0};
  std::uint64_t max_requests = 0;  // 0 here and below: no limit.
  std::uint64_t max_requests_jitter = 0;
  std::chrono::milliseconds max_lifetime{0};
  std::uint64_t max_memory = 0;  // Bytes of private memory.
  std::string on_crash{};
  std::chrono::milliseconds on_crash_timeout{10'000};
  int crash_limit = 3;
  std::chrono::milliseconds crash_window{60'000};
  std::chrono::milliseconds crash_cooldown{0};  // 0: requests that kill go on to the app.

  // Deploys.
  std::vector<DeployCheck> deploy_checks{};  // Of the TOML file only.
  std::string verify_command{};
  std::chrono::milliseconds verify_timeout{120'000};
  int deploy_canary = 0;
  std::chrono::milliseconds deploy_watch{0};
  std::uint64_t watch_requests = 100;
  int watch_crashes = 0;
  int watch_errors = 1;      // Percentage points.
  int watch_slowdown = 200;  // Percent; 0: any.
  std::chrono::milliseconds standby_timeout{600'000};
  std::string state_dir{};  // Empty: below the runtime directory.
  int keep_releases = 5;
  bool fallback_release = false;
  bool reload = false;         // Whenever the app's file changes.
  std::string watch_dir = {};  // A folder whose newest file is deployed; empty: none.

  // Who looks at the server, and tells it what to do.
  std::string control_socket = "auto";  // Or "none".
  std::string admin = {};               // Where the state can be read; empty: nowhere else.

  // Clients.
  std::chrono::milliseconds keep_alive{75'000};
  std::chrono::milliseconds header_timeout{15'000};
  std::chrono::milliseconds body_timeout{30'000};
  std::uint64_t body_min_rate = 240;  // Bytes a second; 0: no limit.
  std::chrono::milliseconds write_timeout{30'000};
  std::vector<std::string> static_mounts{};     // "/PREFIX=DIRECTORY"
  std::chrono::milliseconds static_max_age{0};  // 0: caches ask each time.
  std::vector<std::string> compress{};          // "gzip", "br", the better one first; empty: off.
  std::uint64_t compress_min_size = 1024;
  int compress_level = 5;
  std::vector<std::string> error_pages{};  // "STATUS=FILE"
  std::string health_path = "/healthz";    // Empty: off.
  std::string ready_path = "/readyz";
  std::uint64_t limit_request_line = 8190;
  std::uint64_t limit_request_fields = 100;
  std::uint64_t limit_request_field_size = 8190;
  std::uint64_t limit_request_body = 16 * 1024 * 1024;

  // Proxies in front; the lists are those of net::TrustList.
  std::string forwarded_allow_ips = "127.0.0.1,::1";
  bool proxy_protocol = false;
  std::string proxy_allow_from = "127.0.0.1,::1";

  // The process's surroundings.
  std::string user{};
  std::string group{};
  std::optional<unsigned> umask{};
  std::string chdir{};
  std::vector<std::string> env{};  // "NAME=value"
  std::string pid{};
  std::string name{};  // Empty: the app's file name without its extension.

  // Logs. "-" is standard error (error log) or standard output (access log); empty is none.
  std::string access_logfile{};
  std::string error_logfile = "-";
  LogLevel log_level = LogLevel::Info;
  LogFormat log_format = LogFormat::Text;
};

}  // namespace appserver
