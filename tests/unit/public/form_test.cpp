#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <appserver/content_type.hpp>
#include <appserver/form.hpp>

#include "unit/public/fake_host.h"

using appserver::App;
using appserver::Form;
using appserver::HttpError;
using appserver::parse_form;
using appserver::Request;

TEST_CASE("Form: fields come decoded, in order, and by name") {
  const Form form = parse_form("a=1&b=x+y%26z&a=2&empty=&bare&%C3%A9=%zz&&=nameless");
  CHECK(form.fields().size() == 7);
  CHECK(form.value("a") == "1");
  CHECK(form.values("a") == std::vector<std::string_view>{"1", "2"});
  CHECK(form.value("b") == "x y&z");
  CHECK(form.value("empty") == "");
  CHECK(form.value("bare") == "");
  CHECK(form.value("\xC3\xA9") == "%zz");
  CHECK(form.value("") == "nameless");
  CHECK_FALSE(form.value("missing").has_value());
  CHECK(form.values("missing").empty());
  CHECK(parse_form("").fields().empty());
}

TEST_CASE("Form: a required field that is missing is 422 and named") {
  const Form form = parse_form("a=1");
  CHECK(form.require("a") == "1");
  try {
    static_cast<void>(form.require("user"));
    FAIL("no error");
  } catch (const HttpError& error) {
    CHECK(error.status() == 422);
    CHECK(std::string(error.what()).find("\"user\"") != std::string::npos);
  }
}

TEST_CASE("Form: the number of fields is bounded") {
  CHECK(parse_form("a&b&c", 3).fields().size() == 3);
  CHECK_THROWS_AS(static_cast<void>(parse_form("a&b&c&d", 3)), HttpError);
  CHECK_THROWS_AS(static_cast<void>(parse_form(std::string(3000, '&') + std::string([] {
                                                 std::string many;
                                                 for (int i = 0; i < 1001; ++i) {
                                                   many += "a&";
                                                 }
                                                 return many;
                                               }()))),
                  HttpError);
}

TEST_CASE("Form: only a body that is called a form is read as one") {
  LoadedApp app([](App& a) {
    a.post("/", [](const Request& r) {
      return appserver::text(std::string(parse_form(r).require("a")));
    });
  });
  const auto send = [&app](const char* type) {
    return app.send("POST", "/", {{"Content-Type", type}}, "a=1");
  };
  CHECK(send("application/x-www-form-urlencoded").body == "1");
  CHECK(send("Application/X-WWW-Form-UrlEncoded ; charset=utf-8").body == "1");
  CHECK(send("text/plain").status == 415);
  CHECK(app.send("POST", "/", {}, "a=1").status == 415);
}

TEST_CASE("parameter_of: parameters of a header value, quoted or not") {
  using appserver::parameter_of;
  CHECK(parameter_of("a/b; X=1; y=\"2;3\"", "x") == "1");
  CHECK(parameter_of("a/b; X=1; y=\"2;3\"", "Y") == "2;3");
  CHECK(parameter_of("a/b;;x=1 ; ", "x") == "1");
  CHECK(parameter_of("a/b; y=\"\\\"\\\\\\n\"", "y") == "\"\\\\n");
  CHECK_FALSE(parameter_of("a/b", "x").has_value());
  CHECK_FALSE(parameter_of("a/b; x", "x").has_value());
  CHECK_FALSE(parameter_of("a/b; x=", "x").has_value());
  CHECK_FALSE(parameter_of("a/b; x=\"1", "x").has_value());
  CHECK_FALSE(parameter_of("a/b; x y=1", "x").has_value());
  CHECK_FALSE(parameter_of("a/b; y=\"1\"2; x=1", "x").has_value());
}
