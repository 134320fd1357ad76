#include "ctl/ctl.h"

#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

#include "base/private_folder.h"
#include "base/process_watch.h"
#include "base/unique_fd.h"
#include "ctl/call.h"
#include "ctl/command_body.h"
#include "ctl/command_view.h"
#include "ctl/find_server.h"
#include "ctl/pages.h"
#include "ctl/terminal.h"

namespace appserver::ctl {
namespace {

using config::CtlCommand;
using config::CtlRequest;

constexpr unsigned kFine = 200;
constexpr const char* kNotUnderstood =
    "the server's answer is not understood; is it of another version?";

// Gives whole lines on, of text that comes in pieces.
class Lines {
 public:
  template <typename Take>
  void feed(std::string_view piece, const Take& take) {
    rest_ += piece;
    for (std::size_t end = 0; (end = rest_.find('\n')) != std::string::npos;) {
      take(std::string_view(rest_).substr(0, end));
      rest_.erase(0, end + 1);
    }
  }

 private:
  std::string rest_;
};

int complain(const CallError& error) {
  write_complaint(error.message);
  return error.is_unreachable ? kUnreachable : kNotReached;
}

// What is refused is told by the body of the answer.
int complain(unsigned status, const std::string& body) {
  write_complaint(error_text(body) + " (status " + std::to_string(status) + ")");
  return status == 503 ? kUnreachable : kNotReached;
}

// The whole answer to one call.
struct Answer {
  unsigned status = 0;
  std::string body;
};
Result<Answer, CallError> ask(const std::string& socket, const Call& request) {
  Answer answer;
  auto status = call(socket, request, [&answer](unsigned, std::string_view piece) {
    answer.body += piece;
    return true;
  });
  if (!status) {
    return failure(std::move(status.error()));
  }
  answer.status = *status;
  return answer;
}

std::optional<std::string> page_of(const CtlRequest& request, const std::string& body) {
  if (request.json || request.command == CtlCommand::Metrics) {
    return body;
  }
  switch (request.command) {
    case CtlCommand::Workers:
      return workers_page(body, output_style());
    case CtlCommand::Releases:
      return releases_page(body, output_style());
    default:
      return status_page(body, output_style());
  }
}

int look(const std::string& socket, const CtlRequest& request) {
  const auto answer = ask(socket, call_of(request));
  if (!answer) {
    return complain(answer.error());
  }
  if (answer->status != kFine) {
    return complain(answer->status, answer->body);
  }
  const auto page = page_of(request, answer->body);
  if (!page) {
    write_complaint(kNotUnderstood);
    return kNotReached;
  }
  write_output(*page);
  return kReached;
}

int follow_events(const std::string& socket, const CtlRequest& request) {
  Lines lines;
  std::string refusal;
  const Style style = output_style();
  const auto status =
      call(socket, call_of(request), [&](unsigned answered, std::string_view piece) {
        if (answered != kFine) {
          refusal += piece;
        } else if (request.json) {
          write_output(piece);
        } else {
          lines.feed(piece, [&style](std::string_view line) {
            write_output(event_line(line, style).value_or(""));
          });
        }
        return true;
      });
  if (!status) {
    return complain(status.error());
  }
  return *status == kFine ? kReached : complain(*status, refusal);
}

int watch_status(const std::string& socket, const CtlRequest& request) {
  if (!output_is_terminal() || request.json) {
    return look(socket, request);
  }
  Screen screen;
  do {
    const auto answer = ask(socket, call_of(request));
    if (!answer) {
      screen.show("");
      return complain(answer.error());
    }
    screen.show(status_page(answer->body, output_style()).value_or(kNotUnderstood));
  } while (screen.wait());
  return kReached;
}

// Of a process that is no child.
void wait_for_end(int pid) {
  const UniqueFd process = watch_process(pid);
  if (process.is_open()) {
    pollfd end{process.get(), POLLIN, 0};
    while (::poll(&end, 1, -1) < 0) {
    }
  }
}

int command(const std::string& socket, const CtlRequest& request) {
  const bool stops = request.command == CtlCommand::Stop;
  int pid = 0;
  if (stops) {
    const auto status = ask(socket, {"GET", "/status"});
    if (!status) {
      return complain(status.error());
    }
    pid = master_pid(status->body);
  }
  CommandView view(output_style(), output_is_terminal());
  Lines lines;
  std::string refusal;
  const auto status =
      call(socket, call_of(request), [&](unsigned answered, std::string_view piece) {
        if (answered != kFine) {
          refusal += piece;
          return true;
        }
        lines.feed(piece, [&](std::string_view line) {
          const std::string text = view.take(line);
          write_output(request.json ? std::string(line) + "\n" : text);
        });
        return true;
      });
  if (!status && status.error().is_unreachable) {
    return complain(status.error());
  }
  if (status && *status != kFine) {
    return complain(*status, refusal);
  }
  if (stops && (!view.has_result() || view.exit_code() == kReached)) {
    wait_for_end(pid);
    return kReached;
  }
  if (!view.has_result()) {
    write_complaint(
        "the connection ended before the result; it goes on: see appserverd ctl status");
    return kNotReached;
  }
  return view.exit_code();
}

}  // namespace

int run(const CtlRequest& request) {
  const auto socket = find_server(request.server, runtime_folder());
  if (!socket) {
    write_complaint(socket.error().message);
    return kUnreachable;
  }
  switch (request.command) {
    case CtlCommand::Status:
    case CtlCommand::Workers:
    case CtlCommand::Releases:
    case CtlCommand::Metrics:
      return look(*socket, request);
    case CtlCommand::Events:
      return follow_events(*socket, request);
    case CtlCommand::Top:
      return watch_status(*socket, request);
    default:
      return command(*socket, request);
  }
}

}  // namespace appserver::ctl
