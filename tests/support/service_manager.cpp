#include "support/service_manager.h"

#include <array>
#include <sstream>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>

namespace appserver::test {
namespace {

bool has_line(const std::string& message, const std::string& line) {
  return ("\n" + message + "\n").find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

ServiceManager::ServiceManager()
    : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  address().copy(name.sun_path, sizeof name.sun_path - 1);
  if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
    throw std::runtime_error("cannot bind " + address());
  }
}

bool ServiceManager::receive(std::string& message) {
  std::array<char, 4096> bytes;
  const ssize_t size = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
  if (size < 0) {
    return false;
  }
  message.assign(bytes.data(), static_cast<std::size_t>(size));
  return true;
}

std::string ServiceManager::wait_for(const std::string& line, milliseconds deadline) {
  std::string message;
  std::string passed_over;
  const bool came = becomes_true(deadline, [&] {
    while (receive(message)) {
      if (has_line(message, line)) {
        return true;
      }
      passed_over += message + "\n--\n";
    }
    return false;
  });
  if (!came) {
    FAIL("the service manager was not told " << line << "; instead: " << passed_over);
  }
  return message;
}

std::vector<std::string> ServiceManager::rest() {
  std::vector<std::string> messages;
  for (std::string message; receive(message);) {
    messages.push_back(message);
  }
  return messages;
}

std::string value_in(const std::string& message, const std::string& name) {
  std::istringstream lines(message);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + "=")) {
      return line.substr(name.size() + 1);
    }
  }
  return "";
}

}  // namespace appserver::test
