#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <appserver/multipart.hpp>

#include "unit/public/fake_host.h"

using appserver::App;
using appserver::HttpError;
using appserver::MultipartLimits;
using appserver::MultipartParser;
using appserver::PartHead;
using appserver::Request;

namespace {

const std::string kForm =
    "preamble to be ignored\r\n--AaB03x\r\n"
    "Content-Disposition: form-data; name=\"submit-name\"\r\n"
    "\r\n"
    "Larry\r\n"
    "--AaB03x \t\r\n"
    "content-disposition: form-data; name=\"files\"; filename=\"C:\\dir\\a \\\"b\\\".txt\"\r\n"
    "Content-Type: text/plain\r\n"
    "X-More: things\r\n"
    "\r\n"
    "line\r\n--AaB03\r\n-\r\n\r\r\n\r\n"
    "--AaB03x\r\n"
    "Content-Disposition: form-data; name=empty\r\n"
    "\r\n"
    "\r\n--AaB03x\r\n"
    "Content-Disposition: form-data; name=\"none\"; filename=\"\"\r\n"
    "\r\n"
    "--AaB03x--\r\nepilogue\r\n--AaB03x\r\n";

// What a form comes to, as text; or the status of its refusal.
class Record final : public appserver::PartVisitor {
 public:
  void part_begins(const PartHead& head) override {
    text += "[" + head.name + "|" + head.filename.value_or("-") + "|" + head.content_type + "]";
  }
  void part_data(std::string_view bytes) override {
    CHECK_FALSE(bytes.empty());
    text.append(bytes);
  }
  void part_ends() override { text += "."; }

  std::string text;
};

std::string read(std::string_view form, std::size_t piece, const MultipartLimits& limits = {},
                 std::string_view boundary = "AaB03x") {
  Record record;
  try {
    MultipartParser parser(boundary, limits, record);
    for (std::size_t at = 0; at < form.size(); at += piece) {
      parser.feed(form.substr(at, piece));
    }
    parser.finish();
  } catch (const HttpError& error) {
    return std::to_string(error.status());
  }
  return record.text;
}

std::string read(std::string_view form, const MultipartLimits& limits = {}) {
  return read(form, form.size(), limits);
}

// A form of one part whose header is `head`.
std::string with_head(const std::string& head) {
  return "--AaB03x\r\n" + head + "\r\n\r\nx\r\n--AaB03x--";
}

const std::string kName = "Content-Disposition: form-data; name=\"a\"";

}  // namespace

TEST_CASE("MultipartParser: parts come with their names, files and bytes") {
  CHECK(read(kForm) ==
        "[submit-name|-|]Larry."
        "[files|C:\\dir\\a \"b\".txt|text/plain]line\r\n--AaB03\r\n-\r\n\r\r\n."
        "[empty|-|]."
        "[none||].");
}

TEST_CASE("MultipartParser: how the bytes are cut into pieces makes no difference") {
  const std::string whole = read(kForm);
  for (std::size_t piece = 1; piece <= kForm.size(); ++piece) {
    CAPTURE(piece);
    REQUIRE(read(kForm, piece) == whole);
  }
}

TEST_CASE("MultipartParser: a body that ends before its last delimiter is refused") {
  const std::size_t end = kForm.find("--AaB03x--") + 10;
  for (std::size_t size = 0; size < end; ++size) {
    CAPTURE(size);
    REQUIRE(read(kForm.substr(0, size), 7) == "400");
  }
  CHECK(read(kForm.substr(0, end), 7) == read(kForm));
}

TEST_CASE("MultipartParser: what could be read in two ways is refused") {
  CHECK(read(with_head(kName)) == "[a|-|]x.");
  for (const std::string& head : {
           std::string("X: y"),                                         // no name for the part
           std::string("Content-Disposition: form-data"),               // the same
           std::string("Content-Disposition: attachment; name=\"a\""),  // no form
           std::string("Content-Disposition: form-data; name=\"a"),     // no second quote
           std::string("Content-Disposition: form-data; name=\"a\"b"),  // something behind it
           kName + "; name=\"b\"",                                      // two names
           kName + "; filename=x; filename=y",                          // two files
           kName + "\r\n" + kName,                                      // two dispositions
           kName + "\r\n folded: yes",                                  // a folded line
           kName + "\r\nX : y",                                         // blank before the colon
           kName + "\r\nno colon",                                      // no field
           kName + "\nX: y",                                            // a bare LF
           kName + "\r\nX: a\rb",                                       // a bare CR
           kName + std::string("\r\nX: a\0b", 9),                       // a NUL
           kName + "\r\nContent-Transfer-Encoding: base64",             // not what it seems
       }) {
    CAPTURE(head);
    CHECK(read(with_head(head)) == "400");
  }
  CHECK(read("--AaB03x\r\n\r\nx\r\n--AaB03x--") == "400");
  CHECK(read("--AaB03xy\r\n" + kName + "\r\n\r\nx\r\n--AaB03x--") == "400");
  CHECK(read("--AaB03x\n" + kName + "\r\n\r\nx\r\n--AaB03x--") == "400");
  CHECK(read("x--AaB03x\r\n" + kName + "\r\n\r\nx\r\n--AaB03x--") != "[a|-|]x.");
  CHECK(read(with_head(kName + "\r\nContent-Transfer-Encoding: 8BIT")) == "[a|-|]x.");
  CHECK(read(with_head(kName + "; filename*=UTF-8''x")) == "[a|-|]x.");
}

TEST_CASE("MultipartParser: the limits hold, whatever the size of the pieces") {
  const std::string two = "--AaB03x\r\n" + kName + "\r\n\r\n12345\r\n" + with_head(kName);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, two.size()}) {
    CAPTURE(piece);
    CHECK(read(two, piece, {.parts = 2}) == "[a|-|]12345.[a|-|]x.");
    CHECK(read(two, piece, {.parts = 1}) == "413");
    CHECK(read(two, piece, {.part_bytes = 5}) == "[a|-|]12345.[a|-|]x.");
    CHECK(read(two, piece, {.part_bytes = 4}) == "413");
    CHECK(read(two, piece, {.body_bytes = two.size()}) == "[a|-|]12345.[a|-|]x.");
    CHECK(read(two, piece, {.body_bytes = two.size() - 1}) == "413");
    CHECK(read(two, piece, {.header_bytes = kName.size() + 2}) == "[a|-|]12345.[a|-|]x.");
    CHECK(read(two, piece, {.header_bytes = kName.size() + 1}) == "413");
  }
  CHECK(read("--AaB03x" + std::string(9000, ' '), 100) == "413");
}

TEST_CASE("MultipartParser: a boundary that is none is refused, and odd ones are taken") {
  for (const std::string& bad : {std::string(), std::string(71, 'a'), std::string("a b "),
                                 std::string("a\"b"), std::string("a\r\nb")}) {
    CHECK(read("", 1, {}, bad) == "400");
  }
  const std::string odd = "'()+_,-./:=? x";
  CHECK(read("--" + odd + "\r\n" + kName + "\r\n\r\n\r\n--" + odd + "--", 5, {}, odd) == "[a|-|].");
  CHECK(read("--" + std::string(70, 'a') + "--", 5, {}, std::string(70, 'a')).empty());
}

TEST_CASE("plain_file_name: nothing is left that leads to another folder") {
  CHECK(appserver::plain_file_name("photo.jpg") == "photo.jpg");
  CHECK(appserver::plain_file_name("../../etc/passwd") == "passwd");
  CHECK(appserver::plain_file_name("C:\\Users\\x\\photo.jpg") == "photo.jpg");
  CHECK(appserver::plain_file_name("C:photo.jpg") == "photo.jpg");
  CHECK(appserver::plain_file_name("..").empty());
  CHECK(appserver::plain_file_name(".bashrc") == "bashrc");
  CHECK(appserver::plain_file_name("a/b/").empty());
  CHECK(appserver::plain_file_name("a\n\tb") == "ab");
  CHECK(appserver::plain_file_name("") == "");
}

TEST_CASE("parse_multipart: the whole form of a request, or the status that says why not") {
  LoadedApp app([](App& a) {
    a.post("/", [](const Request& r) {
      const appserver::MultipartForm form = appserver::parse_multipart(r, {.parts = 4});
      return appserver::text(std::string(form.value("submit-name").value_or("?")) +
                             std::to_string(form.parts.size()) + form.find("files")->bytes +
                             (form.find("nothing") == nullptr ? "!" : "?"));
    });
  });
  const auto send = [&app](const char* type, const std::string& body = kForm) {
    return app.send("POST", "/", {{"Content-Type", type}}, body);
  };
  CHECK(send("multipart/form-data; boundary=AaB03x").body ==
        "Larry4line\r\n--AaB03\r\n-\r\n\r\r\n!");
  CHECK(send("Multipart/Form-Data; charset=utf-8; BOUNDARY=\"AaB03x\"").status == 200);
  CHECK(send("multipart/form-data").status == 400);
  CHECK(send("multipart/form-data; boundary=\"AaB03x").status == 400);
  CHECK(send("multipart/form-data; boundary=other").status == 400);
  CHECK(send("multipart/mixed; boundary=AaB03x").status == 415);
  CHECK(app.send("POST", "/", {}, kForm).status == 415);
  const std::string large = "--b\r\n" + kName + "; filename=\"f\"\r\n\r\n" +
                            std::string(300'000, '\r') + "\r\n--b\r\n" + kForm;
  CHECK(send("multipart/form-data; boundary=b", large).status == 400);
}
