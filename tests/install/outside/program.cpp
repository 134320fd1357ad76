// Serves what is linked in, or a file: program ADDRESS [APP.so]
#include <appserver/server.hpp>

int main(int argc, char** argv) {
  appserver::Server server{{.bind = {argv[1]}, .workers = 1, .keep_releases = 0}};
  if (argc > 2) {
    return server.run(argv[2]);
  }
  return server.run([](appserver::App& app) {
    app.get("/", [](const appserver::Request&) { return appserver::text("linked"); });
  });
}
