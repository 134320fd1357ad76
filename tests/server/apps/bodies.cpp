// An app whose bodies come and go in pieces.
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/app.hpp>
#include <appserver/middleware/body_limit.hpp>
#include <appserver/multipart.hpp>

namespace {

using appserver::BodyWriter;
using appserver::Request;
using appserver::Response;

std::uint64_t number(const Request& request, const char* name, std::uint64_t otherwise) {
  const auto text = request.query(name);
  return text ? std::strtoull(text->c_str(), nullptr, 10) : otherwise;
}

// Tells the test what became of a body: lines in a file.
void note(const std::string& event) {
  if (const char* file = std::getenv("BODIES_EVENTS")) {
    std::ofstream(file, std::ios::app) << event << "\n";
  }
}

// Notes its end, so that a test sees when the server lets go of something.
struct Witness {
  explicit Witness(std::string event) : what(std::move(event)) {}
  ~Witness() { note(what); }
  std::string what;
};

// `count` pieces of `size` bytes: aaa…, bbb…, and so on.
Response pieces(const Request& request) {
  const std::uint64_t count = number(request, "count", 3);
  const std::uint64_t size = number(request, "size", 10);
  auto witness = std::make_shared<Witness>("released");
  return appserver::stream("text/plain", [=, i = std::uint64_t{0}](BodyWriter& out) mutable {
    if (i < count) {
      out.write(std::string(size, static_cast<char>('a' + i % 26)));
    }
    if (++i < count) {
      return true;
    }
    out.trailer("X-Count", std::to_string(count));
    return false;
  });
}

Response broken(const Request&) {
  return appserver::stream("text/plain", [i = 0](BodyWriter& out) mutable {
    if (i++ == 2) {
      throw std::runtime_error("the source dried up");
    }
    out.write("piece");
    return true;
  });
}

auto counting(const Request& request) {
  if (request.header("X-Refuse")) {
    throw appserver::HttpError(403, "not from you");
  }
  struct State {
    std::uint64_t bytes = 0;
    std::uint64_t pieces = 0;
    std::uint32_t sum = 0;
    Witness witness{"receiver released"};
  };
  auto state = std::make_shared<State>();
  note("receiver made");
  return appserver::receive(
      [state](std::string_view bytes) {
        state->bytes += bytes.size();
        ++state->pieces;
        for (const char byte : bytes) {
          state->sum = state->sum * 31 + static_cast<unsigned char>(byte);
        }
        if (bytes.find("poison") != std::string_view::npos) {
          throw std::runtime_error("poisoned body");
        }
      },
      [state] {
        return appserver::text(std::to_string(state->bytes) + " bytes, sum " +
                               std::to_string(state->sum));
      });
}

// Its end waits for that of another one, so that both are answered only when they end at the same
// time.
class Waiting : public appserver::BodyReceiver {
 public:
  Waiting(std::latch& ends, std::string failure) : ends_(ends), failure_(std::move(failure)) {}
  void receive(std::string_view bytes) override { bytes_ += bytes; }
  Response finish() override {
    note("finishing");
    ends_.arrive_and_wait();
    if (failure_ == "told") {
      throw appserver::HttpError(409, "another one was faster");
    }
    if (failure_ == "untold") {
      throw std::runtime_error("the disk is broken");
    }
    return appserver::text(bytes_);
  }
  bool finish_blocks() const override { return true; }

 private:
  std::latch& ends_;
  std::string failure_;
  std::string bytes_;
  Witness witness_{"receiver released"};
};

class WaitingForm : public appserver::MultipartReceiver {
 public:
  explicit WaitingForm(std::latch& ends) : inner_(ends, "") {}
  void part_begins(const appserver::PartHead&) override {}
  void part_data(std::string_view bytes) override { inner_.receive(bytes); }
  void part_ends() override {}
  Response finish() override { return inner_.finish(); }
  bool finish_blocks() const override { return true; }

 private:
  Waiting inner_;
};

}  // namespace

APPSERVER_APP(app) {
  app.get("/pieces", pieces);
  app.get("/broken", broken);
  app.get("/length", [](const Request& request) {
    return pieces(request).header("Content-Length", *request.query("length"));
  });
  app.get("/file", [](const Request& request) {
    return appserver::file(*request.query("path"), "application/x-test").header("X-From", "app");
  });
  app.get("/large", [](const Request& request) {
    return appserver::text(std::string(number(request, "size", 100'000), 'L'));
  });
  app.get("/hints", [](const Request& request) {
    request.early_hints("</style.css>; rel=preload; as=style");
    return appserver::html("<p>done</p>");
  });
  app.post("/counting", counting);
  auto& ends = app.keep<std::latch>(2);
  app.group("")
      .use(appserver::limit_body(1000))
      .post("/waiting",
            [&ends](const Request& request) -> std::unique_ptr<appserver::BodyReceiver> {
              return std::make_unique<Waiting>(ends, request.query("failure").value_or(""));
            });
  app.post("/waiting-form", [&ends](const Request& request) {
    return appserver::receive_multipart(request, std::make_unique<WaitingForm>(ends));
  });
  app.post("/collected", [](const Request& request) {
    std::uint32_t sum = 0;
    for (const char byte : request.body()) {
      sum = sum * 31 + static_cast<unsigned char>(byte);
    }
    return appserver::text(std::to_string(request.body().size()) + " bytes, sum " +
                           std::to_string(sum));
  });
}
