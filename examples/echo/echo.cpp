#include <string>
#include <string_view>

#include <appserver/app.hpp>

using appserver::Request;
using appserver::Response;

namespace {

// Answers with what came: the same bytes, called what the client called them.
Response echo(const Request& request) {
  constexpr std::string_view kUnknownBytes = "application/octet-stream";
  const std::string_view type = request.header("Content-Type").value_or(kUnknownBytes);
  return appserver::bytes(request.body(), std::string(type));
}

}  // namespace

APPSERVER_APP(app) {
  app.name("echo").version("1.0");
  app.any("/{path*}", echo);
}
