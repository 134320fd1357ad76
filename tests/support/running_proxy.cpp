#include "support/running_proxy.h"

#include <arpa/inet.h>
#include <cstdio>
#include <netinet/in.h>
#include <pwd.h>
#include <set>
#include <sstream>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "support/eventually.h"
#include "support/read_file.h"
#include "support/running_server.h"

namespace appserver::test {
namespace {

bool is_root() {
  return ::geteuid() == 0;
}

// --- what differs between the proxies ---

// A text of the documentation and what a test puts in its place.
struct Replacement {
  std::string documented;
  std::string own;
};

struct Recipe {
  std::string program;
  std::string package;
  std::string language;  // Of the blocks in the documentation.
  Replacement listener;
  Replacement upstream;
  // The whole configuration; @BLOCK@, @FOLDER@ and @PORT@ stand for what they say.
  std::string surroundings;
  std::vector<std::string> arguments;  // @FOLDER@ the same.
};

std::string host_and_port(int port) {
  return "127.0.0.1:" + std::to_string(port);
}

Recipe nginx(int port, const Address& upstream) {
  const bool is_unix = !upstream.unix_path.empty();
  return {.program = "/usr/sbin/nginx",
          .package = "nginx-light",
          .language = "nginx",
          .listener = {"listen 80;", "listen " + host_and_port(port) + ";"},
          .upstream = {"127.0.0.1:8000",
                       is_unix ? "unix:" + upstream.unix_path : host_and_port(upstream.port)},
          .surroundings =
              "daemon off;\n"
              "worker_processes 1;\n"
              "pid @FOLDER@/nginx.pid;\n"
              "error_log stderr;\n"
              "events { worker_connections 256; }\n"
              "http {\n"
              "access_log off;\n"
              "client_body_temp_path @FOLDER@/client_body;\n"
              "proxy_temp_path @FOLDER@/proxy;\n"
              "fastcgi_temp_path @FOLDER@/fastcgi;\n"
              "uwsgi_temp_path @FOLDER@/uwsgi;\n"
              "scgi_temp_path @FOLDER@/scgi;\n"
              "@BLOCK@\n"
              "}\n",
          .arguments = {"-e", "stderr", "-p", "@FOLDER@", "-c", "@FOLDER@/configuration"}};
}

Recipe haproxy(int port, const Address& upstream) {
  const bool is_unix = !upstream.unix_path.empty();
  return {
      .program = "/usr/sbin/haproxy",
      .package = "haproxy",
      .language = "haproxy",
      .listener = {"bind :80", "bind " + host_and_port(port)},
      .upstream = {"127.0.0.1:8000", is_unix ? upstream.unix_path : host_and_port(upstream.port)},
      .surroundings = "global\n    maxconn 200\n\n@BLOCK@\n",
      .arguments = {"-db", "-f", "@FOLDER@/configuration"}};
}

Recipe caddy(int port, const Address& upstream) {
  const bool is_unix = !upstream.unix_path.empty();
  return {.program = "/usr/bin/caddy",
          .package = "caddy",
          .language = "caddy",
          .listener = {":80 {", ":" + std::to_string(port) + " {"},
          .upstream = {"127.0.0.1:8000",
                       is_unix ? "unix/" + upstream.unix_path : host_and_port(upstream.port)},
          .surroundings =
              "{\n"
              "admin off\n"
              "auto_https off\n"
              "default_bind 127.0.0.1\n"
              "storage file_system @FOLDER@/storage\n"
              "}\n"
              "@BLOCK@\n",
          .arguments = {"run", "--adapter", "caddyfile", "--config", "@FOLDER@/configuration"}};
}

Recipe apache(int port, const Address& upstream) {
  const bool is_unix = !upstream.unix_path.empty();
  const std::string url = "http://" + host_and_port(upstream.port) + "/";
  std::string modules;
  for (const char* name : {"mpm_event", "authz_core", "headers", "proxy", "proxy_http"}) {
    modules += std::string("LoadModule ") + name + "_module /usr/lib/apache2/modules/mod_" + name +
               ".so\n";
  }
  return {.program = "/usr/sbin/apache2",
          .package = "apache2",
          .language = "apache",
          .listener = {"*:80", host_and_port(port)},
          .upstream = {"http://127.0.0.1:8000/",
                       is_unix ? "unix:" + upstream.unix_path + "|http://app/" : url},
          .surroundings = modules +
                          "ServerRoot @FOLDER@\n"
                          "ServerName localhost\n"
                          "DefaultRuntimeDir @FOLDER@\n"
                          "PidFile @FOLDER@/apache.pid\n"
                          "ErrorLog @FOLDER@/error.log\n"
                          "Mutex file:@FOLDER@ default\n"
                          "StartServers 1\nServerLimit 1\nThreadsPerChild 25\n"
                          "MaxRequestWorkers 25\n"
                          "Listen 127.0.0.1:@PORT@\n"
                          "@BLOCK@\n",
          .arguments = {"-D", "FOREGROUND", "-d", "@FOLDER@", "-f", "@FOLDER@/configuration"}};
}

Recipe recipe_for(Proxy proxy, int port, const Address& upstream) {
  switch (proxy) {
    case Proxy::Nginx:
      return nginx(port, upstream);
    case Proxy::Haproxy:
      return haproxy(port, upstream);
    case Proxy::Caddy:
      return caddy(port, upstream);
    case Proxy::Apache:
      return apache(port, upstream);
  }
  throw std::logic_error("no such proxy");
}

// --- configurations ---

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

// Puts `own` where the documentation has an example.
void substitute(std::string& block, const Replacement& replacement) {
  if (block.find(replacement.documented) == block.npos) {
    throw std::runtime_error("docs/PROXIES.md does not say \"" + replacement.documented +
                             "\" any more");
  }
  replace_all(block, replacement.documented, replacement.own);
}

std::string documented_block(const std::string& language, std::size_t nth) {
  const std::filesystem::path page = std::filesystem::path(APPSERVER_DOCS) / "PROXIES.md";
  const std::string text = read_file(page);
  const std::string fence = "\n```" + language + "\n";
  std::size_t start = text.find(fence);
  for (; nth > 0 && start != text.npos; --nth) {
    start = text.find(fence, start + 1);
  }
  if (start == text.npos) {
    throw std::runtime_error(page.string() + " has no such block of " + language);
  }
  start += fence.size();
  return text.substr(start, text.find("\n```\n", start) + 1 - start);
}

// A port that was free a moment ago.
int free_port() {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("cannot find a free port");
  }
  return ::ntohs(address.sin_port);
}

}  // namespace

ProxyFolder::ProxyFolder() {
  if (is_root()) {
    const passwd* nobody = ::getpwnam("nobody");
    if (nobody == nullptr || ::chown(folder_.path().c_str(), nobody->pw_uid, nobody->pw_gid) != 0) {
      throw std::runtime_error("cannot give a folder to nobody");
    }
  }
}

std::vector<std::string> ProxyFolder::unix_bind() const {
  std::vector<std::string> options{"--bind", "unix:" + (folder_ / "app.sock").string()};
  if (is_root()) {
    options.insert(options.end(), {"--socket-owner", "nobody"});
  }
  return options;
}

RunningProxy::RunningProxy(Proxy proxy, const Address& upstream, const ProxyFolder& folder,
                           std::size_t nth) {
  const std::string path = folder.path();
  // Another program may take the port before the proxy does.
  for (int attempt = 0; attempt < 3; ++attempt) {
    address.port = free_port();
    Recipe recipe = recipe_for(proxy, address.port, upstream);
    if (::access(recipe.program.c_str(), X_OK) != 0) {
      FAIL(recipe.program << " is missing: install the package " << recipe.package
                          << " (.ci/install-packages test)");
    }
    std::string block = documented_block(recipe.language, nth);
    substitute(block, recipe.listener);
    substitute(block, recipe.upstream);
    std::string& text = recipe.surroundings;
    replace_all(text, "@BLOCK@", block);
    replace_all(text, "@FOLDER@", path);
    replace_all(text, "@PORT@", std::to_string(address.port));
    write_over(folder / "configuration", text);
    for (std::string& argument : recipe.arguments) {
      replace_all(argument, "@FOLDER@", path);
    }
    // HAProxy returns to the directory it was started in, which nobody may enter when this tree
    // lies below /root. Caddy writes into the home directory otherwise.
    std::vector<std::string> arguments{"--chdir=" + path, "HOME=" + path, "XDG_DATA_HOME=" + path,
                                       "XDG_CONFIG_HOME=" + path, recipe.program};
    arguments.insert(arguments.end(), recipe.arguments.begin(), recipe.arguments.end());
    if (start("/usr/bin/env", std::move(arguments))) {
      return;
    }
  }
  FAIL("the proxy does not start; its log: " << process_->log() << process_->output()
                                             << read_file(folder / "error.log"));
}

// Returns: whether it accepts connections.
bool RunningProxy::start(const std::string& program, std::vector<std::string> arguments) {
  if (is_root()) {
    arguments.insert(arguments.begin(), {"--reuid=nobody", "--regid=nogroup", "--clear-groups",
                                         "--pdeathsig=KILL", program});
    process_ = std::make_unique<ServerProcess>("/usr/bin/setpriv", std::move(arguments));
  } else {
    process_ = std::make_unique<ServerProcess>(program, std::move(arguments));
  }
  return becomes_true(
             10s,
             [this] { return accepts_connections(address) || process_->processes().empty(); }) &&
         !process_->processes().empty();
}

std::size_t connections_made_to(int port) {
  constexpr unsigned kListening = 10;  // TCP_LISTEN of the kernel's tcp_states.h.
  std::set<unsigned> clients;
  std::istringstream rows(read_file("/proc/net/tcp"));
  for (std::string row; std::getline(rows, row);) {
    unsigned local = 0;
    unsigned remote = 0;
    unsigned state = 0;
    if (std::sscanf(row.c_str(), " %*d: %*x:%x %*x:%x %x", &local, &remote, &state) != 3 ||
        state == kListening) {
      continue;
    }
    if (local == static_cast<unsigned>(port)) {
      clients.insert(remote);
    } else if (remote == static_cast<unsigned>(port)) {
      clients.insert(local);
    }
  }
  return clients.size();
}

}  // namespace appserver::test
