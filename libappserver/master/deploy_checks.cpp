#include "master/deploy_checks.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/env.hpp>
#include <boost/process/environment.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/io.hpp>

#include "base/clock.h"
#include "base/errno_text.h"
#include "base/signal_name.h"
#include "base/unique_fd.h"
#include "config/body_pattern.h"
#include "config/quote.h"
#include "http/response_reader.h"
#include "net/connect_local.h"

namespace appserver::master {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

// Of what a command prints, the end is told: there it says what went wrong.
constexpr long kMostOutput = 600;
constexpr std::size_t kMostBodyShown = 80;

std::string request_text(const config::DeployCheck& check) {
  const bool may_have_body = check.method != "GET" && check.method != "HEAD";
  return check.method + " " + check.path +
         " HTTP/1.1\r\nHost: localhost\r\nUser-Agent: appserverd-deploy-check\r\n" +
         (may_have_body ? "Content-Length: 0\r\n" : "") + "Connection: close\r\n\r\n";
}

// Waits until the socket has something to read. Returns: false when the time is up.
bool wait_for_bytes(int fd, TimePoint deadline) {
  while (true) {
    const auto left = duration_cast<milliseconds>(deadline - Clock::now()).count();
    pollfd wanted{fd, POLLIN, 0};
    const int ready = ::poll(&wanted, 1, static_cast<int>(std::max<decltype(left)>(left, 0)));
    if (ready != 0 && !(ready < 0 && errno == EINTR)) {
      return true;
    }
    if (ready == 0 && Clock::now() >= deadline) {
      return false;
    }
  }
}

Result<Ok> receive(int fd, TimePoint deadline, http::ResponseReader& answer) {
  std::array<char, 16 * 1024> piece;
  while (wait_for_bytes(fd, deadline)) {
    const ssize_t size = ::recv(fd, piece.data(), piece.size(), 0);
    if (size == 0) {
      return answer.end();
    }
    if (size < 0) {
      return failure("the connection broke: " + errno_text(errno));
    }
    const auto complete = answer.feed({piece.data(), static_cast<std::size_t>(size)});
    if (!complete) {
      return failure(complete.error());
    }
    if (*complete) {
      return ok();
    }
  }
  return failure(std::string("it was not answered in time"));
}

Result<Ok> judge(const http::ResponseReader& answer, const config::DeployCheck& check) {
  if (answer.status() != static_cast<unsigned>(check.status)) {
    return failure("it was answered " + std::to_string(answer.status()) + " instead of " +
                   std::to_string(check.status));
  }
  if (check.body.empty()) {
    return ok();
  }
  const auto pattern = config::BodyPattern::compile(check.body);
  const auto found =
      pattern ? pattern->is_found_in(answer.body()) : Result<bool>(failure(pattern.error()));
  if (!found) {
    return failure(found.error());
  }
  if (!*found) {
    const std::string_view body = answer.body();
    return failure("its answer has no " + config::in_quotes(check.body) +
                   (body.empty()
                        ? "; it is empty"
                        : "; it begins " + config::in_quotes(body.substr(0, kMostBodyShown))));
  }
  return ok();
}

// --- the command ---

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

std::string end_of(std::FILE* file) {
  std::fseek(file, 0, SEEK_END);
  const long size = std::ftell(file);
  std::fseek(file, std::max(0L, size - kMostOutput), SEEK_SET);
  std::array<char, kMostOutput> bytes;
  std::string text(bytes.data(), std::fread(bytes.data(), 1, bytes.size(), file));
  while (!text.empty() && text.back() == '\n') {
    text.pop_back();
  }
  return text.empty() ? "" : "; it said: " + config::printable(text);
}

// There is no limit of time here: the master ends this process, and with it the command, when the
// time of the whole verification is over.
Result<Ok> run_command(const std::string& command, const std::string& socket) {
  namespace bp = boost::process;
  const File output(std::tmpfile());
  if (output == nullptr) {
    return failure("there is no file for its output: " + errno_text(errno));
  }
  bp::environment environment = boost::this_process::environment();
  environment["APPSERVERD_VERIFY_SOCKET"] = socket;
  std::error_code error;
  bp::child shell(bp::exe = "/bin/sh", bp::args = {"-c", command}, environment,
                  bp::std_in<bp::null, (bp::std_out & bp::std_err)> output.get(), error);
  if (!error) {
    shell.wait(error);
  }
  if (error) {
    return failure("it cannot be run: " + error.message());
  }
  const int status = shell.native_exit_code();
  if (WIFSIGNALED(status)) {
    return failure("it was ended by " + signal_name(WTERMSIG(status)) + end_of(output.get()));
  }
  if (WEXITSTATUS(status) != 0) {
    return failure("it exited with status " + std::to_string(WEXITSTATUS(status)) +
                   end_of(output.get()));
  }
  return ok();
}

// Tells the master. Returns: whether to go on.
bool tell(ipc::Channel& master, const std::string& what, const Result<Ok>& result,
          TimePoint since) {
  const auto took = duration_cast<milliseconds>(Clock::now() - since).count();
  const ipc::CheckEnded ended{what, static_cast<std::uint8_t>(result ? 1 : 0),
                              result ? "" : result.error().message,
                              static_cast<std::uint32_t>(took)};
  return master.send(ended).has_value() && result.has_value();
}

}  // namespace

Result<Ok> run_check(const std::string& socket, const config::DeployCheck& check) {
  const TimePoint deadline = Clock::now() + check.deadline;
  const auto connection = net::connect_local(socket);
  if (!connection) {
    return failure("it cannot be reached at " + socket + ": " + errno_text(connection.error()));
  }
  // Short enough for the socket's buffer, so that it is sent whole.
  const std::string request = request_text(check);
  if (::send(connection->get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return failure("it cannot be sent: " + errno_text(errno));
  }
  http::ResponseReader answer(check.method == "HEAD" ? http::ResponseReader::Body::None
                                                     : http::ResponseReader::Body::Limited);
  if (auto received = receive(connection->get(), deadline, answer); !received) {
    return received;
  }
  return judge(answer, check);
}

int run_checks(const CheckRound& round, ipc::Channel& master) {
  for (const config::DeployCheck& check : round.checks) {
    const TimePoint since = Clock::now();
    Result<Ok> result = ok();
    for (int time = 0; time < check.repeat && result; ++time) {
      result = run_check(round.socket, check);
    }
    if (!tell(master, check.method + " " + check.path, result, since)) {
      return 1;
    }
  }
  if (!round.command.empty()) {
    const TimePoint since = Clock::now();
    if (!tell(master, "the command of --verify-command", run_command(round.command, round.socket),
              since)) {
      return 1;
    }
  }
  return 0;
}

}  // namespace appserver::master
