// romand [ADDRESS [WORKERS]]
//
// A daemon that served one client at a time, by a loop around accept(2), and was lost when that
// client was slow or made it crash. The loop is gone; the ten lines of serve() are what came in its
// place: several processes, timeouts, a log, graceful stops, and reloads.
#include <cstdlib>
#include <string>

#include <appserver/server.hpp>

#include "roman.h"

namespace {

int serve(const std::string& address, int workers) {
  appserver::Server server{{.bind = {address}, .workers = workers, .name = "romand"}};
  return server.run([](appserver::App& app) {
    app.get("/roman/{number}", [](const appserver::Request& request) {
      const auto roman = to_roman(std::atoi(std::string(request.param("number")).c_str()));
      return roman ? appserver::text(*roman) : appserver::error_response(404);
    });
  });
}

}  // namespace

int main(int argc, char** argv) {
  const std::string address = argc > 1 ? argv[1] : "127.0.0.1:8000";
  return serve(address, argc > 2 ? std::atoi(argv[2]) : 2);
}
