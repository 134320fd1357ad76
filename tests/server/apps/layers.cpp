// Middleware, groups, error handlers, forms and events: for a running server, and for the client in
// memory that must not be told from it.
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/app.hpp>
#include <appserver/middleware/basic_auth.hpp>
#include <appserver/middleware/body_limit.hpp>
#include <appserver/middleware/cors.hpp>
#include <appserver/middleware/etags.hpp>
#include <appserver/middleware/rate_limit.hpp>

using appserver::Group;
using appserver::HttpError;
using appserver::Next;
using appserver::Request;
using appserver::Response;

namespace {

struct Busy : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Says of each part what it was: "name|file|type|size|first and last byte".
class Describer final : public appserver::MultipartReceiver {
 public:
  void part_begins(const appserver::PartHead& head) override {
    text_ += head.name + "|" + head.filename.value_or("-") + "|" + head.content_type + "|";
    size_ = 0;
    ends_.clear();
  }
  void part_data(std::string_view bytes) override {
    if (size_ == 0) {
      ends_ += bytes.front();
    }
    size_ += bytes.size();
    last_ = bytes.back();
  }
  void part_ends() override {
    text_ += std::to_string(size_) + "|" + ends_ + (size_ > 0 ? std::string(1, last_) : "") + "\n";
  }
  Response finish() override { return appserver::text(text_); }

 private:
  std::string text_;
  std::size_t size_ = 0;
  std::string ends_;
  char last_ = 0;
};

auto count_bytes(const Request& request) {
  if (request.header("X-Refused")) {
    throw HttpError(403, "not from you");
  }
  auto size = std::make_shared<std::size_t>(0);
  return appserver::receive([size](std::string_view bytes) { *size += bytes.size(); },
                            [size] { return appserver::text(std::to_string(*size)); });
}

void declare_answers(appserver::App& app) {
  app.get("/plain", [](const Request&) { return appserver::text("plain"); });
  app.get("/throw", [](const Request&) -> Response { throw std::runtime_error("kaputt"); });
  app.get("/denied", [](const Request&) -> Response { throw HttpError(409, "not now"); });
  app.get("/busy", [](const Request&) -> Response { throw Busy("the shop is full"); });
  app.get("/split", [](const Request&) { return appserver::text("x").header("X", "a\nb"); });
  app.get("/empty", [](const Request&) { return appserver::no_content(); });
  app.get("/lengthy",
          [](const Request&) { return appserver::text("x").header("Content-Length", "9"); });
  app.get("/close",
          [](const Request&) { return appserver::text("x").header("Connection", "close"); });
  app.get("/moved", [](const Request&) { return appserver::moved_permanently("/plain"); });
  app.get("/stream", [](const Request&) {
    return appserver::stream("text/plain", [at = 0](appserver::BodyWriter& out) mutable {
      out.write(std::string(1000, static_cast<char>('a' + at)));
      out.trailer("X-At", std::to_string(at));
      return ++at < 3;
    });
  });
  app.get("/file",
          [](const Request& r) { return appserver::file(r.query("path").value_or(""), "text/x"); });
  app.get("/events", [](const Request& r) {
    const std::string last(appserver::last_event_id(r));
    return appserver::event_stream(
        [at = last.empty() ? 0 : std::stoi(last)](appserver::EventWriter& out) mutable {
          const std::string id = std::to_string(++at);
          out.send({.data = "line 1\nline 2", .id = id, .type = "tick"});
          return at < 3;
        });
  });
}

void declare_bodies(appserver::App& app) {
  app.post("/form", [](const Request& r) {
    return appserver::text(std::string(appserver::parse_form(r).require("name")));
  });
  app.post("/upload", [](const Request& r) {
    return appserver::receive_multipart(r, std::make_unique<Describer>(),
                                        {.parts = 10, .part_bytes = 8'000'000});
  });
  app.post("/small-upload", [](const Request& r) {
    const appserver::MultipartForm form = appserver::parse_multipart(r);
    return appserver::text(std::string(form.value("name").value_or("nobody")));
  });
  app.put("/count", count_bytes);
  Group small = app.group("/small");
  small.use(appserver::limit_body(1000));
  small.post("/collect",
             [](const Request& r) { return appserver::text(std::to_string(r.body().size())); });
  small.put("/receive", count_bytes);
}

void declare_groups(appserver::App& app) {
  app.group("/api", [](Group& api) {
    api.use(appserver::cors({.origins = {"https://a.example"}, .credentials = true}));
    api.use(appserver::etags());
    api.not_found([](const Request&) { return appserver::json("{}").status(404); });
    api.get("/users/{id}", [](const Request& r) { return appserver::json(r.param("id")); });
    api.put("/users/{id}", count_bytes);
  });
  Group guarded = app.group("/guarded");
  guarded.use(appserver::basic_auth("layers", {{"eve", "secret"}}));
  guarded.get("/name", [](const Request& r) {
    return appserver::text(r.attached<appserver::AuthenticatedUser>()->name);
  });
  guarded.put("/count", count_bytes);
  app.group("/limited")
      .use(appserver::rate_limit({.bucket = {.per_second = 0.001, .burst = 2}}))
      .get("/x", [](const Request&) { return appserver::text("x"); });
}

}  // namespace

APPSERVER_APP(app) {
  app.use([](const Request& request, const Next& next) {
    return next(request).header("X-Through", "app");
  });
  app.on_error<Busy>([](const Busy& busy) { return appserver::error_response(503, busy.what()); });
  app.not_found([](const Request& r) {
    return appserver::text("nothing at " + std::string(r.path())).status(404);
  });
  app.method_not_allowed([](const Request&) { return appserver::text("not so").status(405); });
  declare_answers(app);
  declare_bodies(app);
  declare_groups(app);
}
