// The examples of embedding, as their READMEs say.
#include <algorithm>
#include <signal.h>
#include <string>
#include <sys/socket.h>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/load_client.h"
#include "support/server_process.h"

using namespace appserver::test;

namespace {

// The children of the children of a process: a server's workers have been given back to it, so its
// zygote is the one that is not among them.
std::vector<pid_t> children_of(const ServerProcess& process) {
  std::vector<pid_t> children;
  for (const ProcessEntry& entry : process.processes()) {
    if (entry.parent == process.pid()) {
      children.push_back(entry.pid);
    }
  }
  return children;
}

// Sends a line and reads the answer, as nc would.
class LineClient {
 public:
  explicit LineClient(const ServerProcess& prices) {
    std::string output;
    eventually(10s, "the service says where it takes lines", [&] {
      output = prices.output();
      return output.find('\n') != std::string::npos;
    });
    const std::string at = "lines at 127.0.0.1:";
    address_.port = std::stoi(output.substr(output.find(at) + at.size()));
    socket_ = start_connecting(address_);
  }
  std::string ask(std::string line) {
    line += "\n";
    std::string answer;
    eventually(10s, "the line is taken", [&] {
      return ::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL) ==
             static_cast<ssize_t>(line.size());
    });
    eventually(10s, "it is answered", [&] {
      char byte = 0;
      while (::recv(socket_.get(), &byte, 1, 0) == 1) {
        answer += byte;
      }
      return !answer.empty() && answer.back() == '\n';
    });
    answer.pop_back();
    return answer;
  }

 private:
  Address address_;
  appserver::UniqueFd socket_;
};

}  // namespace

TEST_CASE("embed_asio: lines and HTTP see the same prices, and the service ends as it used to") {
  ServerProcess prices(APPSERVER_EXAMPLES "/embed_asio/prices", {"0", "127.0.0.1:0"});
  const Address address = prices.wait_until_listening();
  LineClient lines(prices);
  HttpClient client(address);
  CHECK(lines.ask("SET tea 2.5") == "OK");
  CHECK(client.get("/prices/tea").body == "2.500000");
  CHECK(client.request("PUT", "/prices/coffee", "3").status == 204);
  CHECK(lines.ask("GET coffee") == "3.000000");
  CHECK(client.get("/prices/none").status == 404);
  CHECK(client.request("PUT", "/prices/tea", "much").status == 422);
  LoadClient load(address, "/prices/tea", 8);
  load.wait_for_answers(1000);
  prices.send_signal(SIGTERM);
  CHECK(prices.wait_for_exit().code == 0);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.resets + counts.unannounced_closes + counts.malformed == 0);
  CHECK(counts.other_statuses.empty());
}

TEST_CASE("embed_asio: an HTTP address that is taken ends the service with a reason") {
  ServerProcess first(APPSERVER_EXAMPLES "/embed_asio/prices", {"0", "127.0.0.1:0"});
  const std::string taken = "127.0.0.1:" + std::to_string(first.wait_until_listening().port);
  ServerProcess second(APPSERVER_EXAMPLES "/embed_asio/prices", {"0", taken});
  CHECK(second.wait_for_exit().code == 1);
  CHECK(second.log().find(taken) != std::string::npos);
}

TEST_CASE("embed_daemon: it serves, reloads under load, and outlives its workers") {
  ServerProcess romand(APPSERVER_EXAMPLES "/embed_daemon/romand", {"127.0.0.1:0", "2"});
  const Address address = romand.wait_until_listening();
  romand.wait_for_log("the generation is live generation=1");
  CHECK(get(address, "/roman/1994").body == "MCMXCIV");
  CHECK(get(address, "/roman/4000").status == 404);
  LoadClient load(address, "/roman/9", 8);
  load.wait_for_answers(500);
  romand.send_signal(SIGHUP);
  romand.wait_for_log("the generation is live generation=2");
  load.wait_for_answers(500);
  const std::vector<pid_t> children = children_of(romand);
  CHECK(::kill(children.back(), SIGSEGV) == 0);  // The youngest: a worker.
  romand.wait_for_log("crashed");
  load.wait_for_answers(500);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  // Nobody but the client that was just being answered, as a signal from outside hits the server's
  // own code as well.
  CHECK(counts.failed() <= 1);
  romand.send_signal(SIGTERM);
  CHECK(romand.wait_for_exit().code == 0);
}
