#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "support/address.h"
#include "support/server_process.h"
#include "support/temporary_folder.h"

// The proxies of docs/PROXIES.md, started with the configurations that stand there.
namespace appserver::test {

enum class Proxy { Nginx, Haproxy, Caddy, Apache };

// A folder that proxies can use, and the sockets of the server behind them. Proxies get no
// privileges: when the tests run as root, they run as `nobody`, and the folder is theirs.
class ProxyFolder {
 public:
  ProxyFolder();

  [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return folder_ / name;
  }
  // Options for a server that listens on a unix socket in here, which proxies may open.
  [[nodiscard]] std::vector<std::string> unix_bind() const;

 private:
  TemporaryFolder folder_;
};

// A real proxy on a free port of 127.0.0.1 that passes everything on to `upstream`. It accepts
// connections when the constructor returns; nothing of it outlives this object.
class RunningProxy {
 public:
  // Takes the configuration from the `nth` block of that proxy in docs/PROXIES.md, puts its own
  // port and `upstream` in place of those there, and adds what only a test needs: files below
  // `folder`, which must outlive it.
  // Ends the test case as failed when the proxy is not installed or does not start.
  RunningProxy(Proxy proxy, const Address& upstream, const ProxyFolder& folder,
               std::size_t nth = 0);

  Address address;

 private:
  [[nodiscard]] bool start(const std::string& program, std::vector<std::string> arguments);

  std::unique_ptr<ServerProcess> process_;
};

// How many connections somebody has made to this port of 127.0.0.1: those that are open and those
// that ended within the last minute, which TCP still remembers (TIME_WAIT).
[[nodiscard]] std::size_t connections_made_to(int port);

}  // namespace appserver::test
