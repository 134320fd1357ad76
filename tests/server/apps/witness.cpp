// An app that tells what it was given, written against the C ABI so that nothing stands between the
// server and the answer: "GET /a?b 1.1", and " body=..." if there was one. `Calls` counts the
// requests that this worker gave to the app. A query of `status=NNN` asks for that status.
#include <string>
#include <string_view>

#include <appserver/abi.h>

namespace {

struct Witness {
  const appserver_host* host = nullptr;
  unsigned long calls = 0;
};

std::string_view text_of(appserver_str text) {
  return {text.data, text.size};
}

appserver_str to_abi(std::string_view text) {
  return {text.data(), text.size()};
}

std::string describe(const appserver_request& request) {
  std::string text(text_of(request.method));
  text.append(" ").append(text_of(request.path));
  if (request.query.size != 0) {
    text.append("?").append(text_of(request.query));
  }
  text.append(request.http_version == 10 ? " 1.0" : " 1.1");
  if (request.body.size != 0) {
    text.append(" body=").append(text_of(request.body));
  }
  return text;
}

uint32_t wanted_status(std::string_view query) {
  constexpr std::string_view kName = "status=";
  return query.starts_with(kName)
             ? static_cast<uint32_t>(std::stoul(std::string(query.substr(kName.size()))))
             : 200;
}

int32_t handle(void* state, appserver_exchange* exchange, const appserver_request* request) {
  auto& witness = *static_cast<Witness*>(state);
  const std::string calls = std::to_string(++witness.calls);
  const std::string body = describe(*request);
  const appserver_header fields[] = {{to_abi("Content-Type"), to_abi("text/plain")},
                                     {to_abi("Calls"), to_abi(calls)}};
  const appserver_response response{sizeof response, wanted_status(text_of(request->query)), fields,
                                    2, to_abi(body)};
  return witness.host->respond(exchange, &response);
}

}  // namespace

extern "C" const appserver_app* appserver_app_v1(const appserver_host* host) {
  static Witness witness;
  static appserver_app app{};
  witness.host = host;
  app.size = sizeof app;
  app.abi_major = APPSERVER_ABI_MAJOR;
  app.abi_minor = APPSERVER_ABI_MINOR;
  app.name = "witness";
  app.state = &witness;
  app.handle = handle;
  return &app;
}
