#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <appserver/app.hpp>
#include <appserver/testing.hpp>

using appserver::App;
using appserver::BodyWriter;
using appserver::HttpError;
using appserver::Next;
using appserver::Request;
using appserver::Response;
using appserver::testing::Client;
using appserver::testing::Reply;

namespace {

// A file with this content, for the time of a test.
struct File {
  explicit File(const std::string& content)
      : path((std::filesystem::temp_directory_path() /
              ("appserver-testing-" + std::to_string(::getpid())))
                 .string()) {
    std::ofstream(path, std::ios::binary) << content;
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { std::filesystem::remove(path); }
  std::string path;
};

// Streams "0", "1" … up to `count`, and says when it is destroyed.
Response numbers(int count, const std::shared_ptr<int>& witness) {
  return appserver::stream("text/plain", [count, witness, at = 0](BodyWriter& out) mutable {
    out.write(std::to_string(at));
    if (++at < count) {
      return true;
    }
    out.trailer("X-Count", std::to_string(at));
    return false;
  });
}

}  // namespace

TEST_CASE("testing: a streamed response comes whole, with its trailers, or piece by piece") {
  const auto witness = std::make_shared<int>();
  Client client([&witness](App& a) {
    a.get("/ten", [&witness](const Request&) { return numbers(10, witness); });
    a.get("/endless", [&witness](const Request&) { return numbers(1 << 30, witness); });
    a.get("/plain", [](const Request&) { return appserver::text("x"); });
  });
  const Reply ten = client.get("/ten");
  CHECK(ten.body == "0123456789");
  CHECK(ten.is_complete);
  CHECK(ten.header("Transfer-Encoding") == "chunked");
  CHECK(ten.trailers == appserver::testing::Headers{{"X-Count", "10"}});
  CHECK(client.head("/ten").body.empty());
  CHECK(witness.use_count() == 1);
  auto endless = client.open("GET", "/endless");
  CHECK(endless.head().status == 200);
  CHECK(endless.next() == "0");
  CHECK(endless.next() == "1");
  CHECK(witness.use_count() == 2);
  endless.close();
  CHECK(witness.use_count() == 1);
  CHECK_FALSE(endless.next().has_value());
  CHECK_THROWS_AS(static_cast<void>(client.open("GET", "/endless").collect(1000)),
                  std::length_error);
  auto plain = client.open("GET", "/plain");
  CHECK(plain.next() == "x");
  CHECK_FALSE(plain.next().has_value());
}

TEST_CASE("testing: a stream that fails, or does not keep to its length, is not complete") {
  Client client([](App& a) {
    a.get("/length/{n}", [](const Request& r) {
      return numbers(5, nullptr).header("Content-Length", std::string(r.param("n")));
    });
    a.get("/mute", [](const Request&) {
      return appserver::stream("text/plain", [](BodyWriter&) { return true; });
    });
    a.get("/throws", [](const Request&) {
      return appserver::stream("text/plain",
                               [](BodyWriter&) -> bool { throw std::runtime_error("dried up"); });
    });
  });
  CHECK(client.get("/length/5").is_complete);
  CHECK(client.get("/length/5").body == "01234");
  CHECK(client.get("/length/5").header("Content-Length") == "5");
  CHECK_FALSE(client.get("/length/4").is_complete);
  CHECK_FALSE(client.get("/length/6").is_complete);
  CHECK_FALSE(client.get("/mute").is_complete);
  CHECK_FALSE(client.get("/throws").is_complete);
  CHECK(client.log().back().text == "dried up");
}

TEST_CASE("testing: early hints come before the response") {
  Client client([](App& a) {
    a.get("/", [](const Request& r) {
      r.early_hints("</a.css>; rel=preload");
      return appserver::text("x");
    });
    a.get("/bad", [](const Request& r) {
      r.early_hints("a\r\nb");
      return appserver::text("x");
    });
  });
  const Reply reply = client.get("/");
  REQUIRE(reply.hints.size() == 1);
  CHECK(reply.hints[0].status == 103);
  CHECK(reply.hints[0].headers[0].second == "</a.css>; rel=preload");
  CHECK(client.get("/bad").status == 500);
}

TEST_CASE("testing: a file comes with its tag and its ranges") {
  const File file("0123456789");
  Client client([&file](App& a) {
    a.get("/", [&file](const Request&) { return appserver::file(file.path, "text/x"); });
    a.get("/folder", [](const Request&) { return appserver::file("/", "text/x"); });
    a.get("/none", [](const Request&) { return appserver::file("/nonexistent", "text/x"); });
  });
  const Reply whole = client.get("/");
  CHECK(whole.body == "0123456789");
  CHECK(whole.header("Content-Type") == "text/x");
  CHECK(whole.header("Content-Length") == "10");
  CHECK(client.head("/").header("Content-Length") == "10");
  CHECK(client.get("/", {{"If-None-Match", std::string(whole.header("ETag"))}}).status == 304);
  const auto part = [&client](const char* range) { return client.get("/", {{"Range", range}}); };
  CHECK(part("bytes=2-4").body == "234");
  CHECK(part("bytes=2-4").header("Content-Range") == "bytes 2-4/10");
  CHECK(part("bytes=8-").body == "89");
  CHECK(part("bytes=8-99").body == "89");
  CHECK(part("bytes=-3").body == "789");
  CHECK(part("bytes=10-").status == 416);
  CHECK(part("lines=1-2").status == 200);
  CHECK(client.get("/none").status == 404);
  CHECK(client.get("/folder").status == 500);
}

TEST_CASE("testing: a body is received piece by piece, and a client that leaves ends it") {
  std::vector<std::string> pieces;
  const auto witness = std::make_shared<int>();
  Client client([&](App& a) {
    a.put("/up", [&](const Request& r) {
      if (r.header("X-Refused")) {
        throw HttpError(403, "not you");
      }
      return appserver::receive(
          [&pieces](std::string_view bytes) {
            if (bytes == "bad") {
              throw std::runtime_error("bad piece");
            }
            if (bytes == "long") {
              throw HttpError(413, "too long");
            }
            pieces.emplace_back(bytes);
          },
          [&pieces, witness] { return appserver::text(std::to_string(pieces.size())); });
    });
  });
  auto upload = client.start("PUT", "/up");
  upload.send("one");
  upload.send("two");
  CHECK(pieces == std::vector<std::string>{"one", "two"});
  CHECK(upload.finish().body == "2");
  CHECK(client.put("/up", "three").body == "3");
  CHECK(client.put("/up", "").body == "3");
  CHECK(client.start("PUT", "/up", {{"X-Refused", "1"}}).is_answered());
  {
    auto leaving = client.start("PUT", "/up");
    leaving.send("four");
    CHECK(witness.use_count() > 1);
  }
  auto failing = client.start("PUT", "/up");
  failing.send("bad");
  CHECK(failing.is_answered());
  CHECK(failing.finish().status == 500);
  auto refused = client.start("PUT", "/up");
  refused.send("long");
  refused.send("dropped");
  CHECK_FALSE(refused.is_answered());
  const Reply reply = refused.finish();
  CHECK(reply.status == 413);
  CHECK(reply.body == "too long");
  CHECK(pieces.back() == "four");
}

TEST_CASE("Middleware: what it sets on a pending response is set on the answer to come") {
  bool was_pending = false;
  Client client([&was_pending](App& a) {
    a.use([&was_pending](const Request& r, const Next& next) {
      Response response = next(r);
      was_pending = response.is_pending();
      return response.header("Content-Type", "text/x").add_header("Vary", "Origin").status(418);
    });
    a.put("/up", [](const Request&) {
      return appserver::receive([](std::string_view) {},
                                [] { return appserver::text("done").header("Vary", "Accept"); });
    });
  });
  for (const Reply& reply : {client.put("/up", "body"), client.put("/up", "")}) {
    CHECK(was_pending);
    CHECK(reply.status == 200);
    CHECK(reply.body == "done");
    CHECK(reply.header("Content-Type") == "text/x");
    CHECK(reply.headers[0].second + reply.headers[1].second + reply.headers[2].second ==
          "Accepttext/xOrigin");
  }
}

TEST_CASE("Middleware: it can refuse a body before it is sent, also after next()") {
  int received = 0;
  Client client([&received](App& a) {
    a.group("/before")
        .use([](const Request&, const Next&) { return appserver::status(401); })
        .put("/up", [&](const Request&) {
          ++received;
          return appserver::receive([](std::string_view) {}, [] { return appserver::text(""); });
        });
    a.group("/after")
        .use([](const Request& r, const Next& next) {
          static_cast<void>(next(r));
          return appserver::status(402);
        })
        .put("/up", [&](const Request&) {
          return appserver::receive([&](std::string_view) { ++received; },
                                    [] { return appserver::text(""); });
        });
  });
  auto before = client.start("PUT", "/before/up");
  CHECK(before.is_answered());
  CHECK(before.finish().status == 401);
  auto after = client.start("PUT", "/after/up");
  after.send("x");
  CHECK(after.finish().status == 402);
  CHECK(received == 0);
}

TEST_CASE("on_error: an error of a receiver goes to the handlers that need no request") {
  Client client([](App& a) {
    a.on_error<std::logic_error>(
        [](const Request&, const std::logic_error&) { return appserver::status(418); });
    a.on_error<std::logic_error>(
        [](const std::logic_error& e) { return appserver::text(e.what()).status(409); });
    a.put("/receive", [](const Request&) {
      return appserver::receive([](std::string_view) { throw std::logic_error("in receive"); },
                                [] { return appserver::text("never"); });
    });
    a.put("/finish", [](const Request&) {
      return appserver::receive([](std::string_view) {},
                                []() -> Response { throw std::logic_error("in finish"); });
    });
    a.put("/other", [](const Request&) {
      return appserver::receive([](std::string_view) {},
                                []() -> Response { throw std::runtime_error("other"); });
    });
  });
  CHECK(client.put("/receive", "x").status == 409);
  CHECK(client.put("/receive", "x").body == "in receive");
  CHECK(client.put("/finish", "x").body == "in finish");
  CHECK(client.put("/other", "x").status == 500);
}

TEST_CASE("receive_multipart: a form is received as it arrives, and refused with its status") {
  class Upload final : public appserver::MultipartReceiver {
   public:
    void part_begins(const appserver::PartHead& head) override { text_ += head.name + "="; }
    void part_data(std::string_view bytes) override { size_ += bytes.size(); }
    void part_ends() override { text_ += std::to_string(std::exchange(size_, 0)) + ";"; }
    Response finish() override { return appserver::text(text_); }

   private:
    std::string text_;
    std::size_t size_ = 0;
  };
  Client client([](App& a) {
    a.post("/", [](const Request& r) {
      return appserver::receive_multipart(r, std::make_unique<Upload>(), {.part_bytes = 100'000});
    });
  });
  const appserver::testing::Headers type{{"Content-Type", "multipart/form-data; boundary=b"}};
  const std::string head = "--b\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n";
  auto upload = client.start("POST", "/", type);
  upload.send(head);
  for (int i = 0; i < 100; ++i) {
    upload.send(std::string(1000, 'x'));
  }
  upload.send("\r\n--b--");
  CHECK(upload.finish().body == "f=100000;");
  CHECK(client.post("/", head + std::string(100'001, 'x') + "\r\n--b--", type).status == 413);
  CHECK(client.post("/", head, type).status == 400);
  CHECK(client.start("POST", "/").is_answered());
  CHECK(client.start("POST", "/").finish().status == 415);
}

TEST_CASE("event_stream: events come one by one, and the client says where it was") {
  Client client([](App& a) {
    a.get("/events", [](const Request& r) {
      const std::string last(appserver::last_event_id(r));
      return appserver::event_stream(
          [at = last.empty() ? 0 : std::stoi(last)](appserver::EventWriter& out) mutable {
            if (at == 3) {
              out.comment("no more");
              out.retry(std::chrono::seconds(2));
              return false;
            }
            const std::string id = std::to_string(++at);
            out.send({.data = "event " + id, .id = id});
            return true;
          });
    });
  });
  auto events = client.open("GET", "/events");
  CHECK(events.head().header("Content-Type") == "text/event-stream");
  CHECK(events.head().header("Cache-Control") == "no-store");
  CHECK(events.next() == "id: 1\ndata: event 1\n\n");
  CHECK(client.get("/events", {{"Last-Event-ID", "2"}}).body ==
        "id: 3\ndata: event 3\n\n: no more\n\nretry: 2000\n\n");
}
