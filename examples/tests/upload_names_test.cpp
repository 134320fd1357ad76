#include <string>

#include <doctest/doctest.h>

#include "file_name.h"

TEST_CASE("upload: ids are 32 hexadecimal digits, each another one") {
  const std::string id = upload::new_id();
  CHECK(upload::is_id(id));
  CHECK(upload::new_id() != id);
  for (const std::string& other :
       {std::string(), id.substr(1), id + "0", "../" + id.substr(3), id.substr(1) + "/",
        id.substr(1) + "G", id.substr(1) + "A", id.substr(1) + std::string(1, '\0')}) {
    CAPTURE(other);
    CHECK_FALSE(upload::is_id(other));
  }
}

TEST_CASE("upload: of a client's name only what can be shown is kept") {
  CHECK(upload::kept_name("photo.jpg") == "photo.jpg");
  CHECK(upload::kept_name("../../etc/passwd") == "passwd");
  CHECK(upload::kept_name("C:\\temp\\a b.txt") == "a b.txt");
  CHECK(upload::kept_name("..") == "unnamed");
  CHECK(upload::kept_name("") == "unnamed");
  CHECK(upload::kept_name("a\r\nSet-Cookie: x=y") == " x=y");
  CHECK(upload::kept_name("gr\xC3\xBC\xC3\x9F\x65") == "gr\xC3\xBC\xC3\x9F\x65");
  CHECK(upload::kept_name("a\xFF\x62") == "a\xEF\xBF\xBD\x62");
  CHECK(upload::kept_name("a\xC3") == "a\xEF\xBF\xBD");
  CHECK(upload::kept_name("a\xC0\xAFz") == "a\xEF\xBF\xBD\xEF\xBF\xBDz");  // An overlong slash.
  CHECK(upload::kept_name("txt.\xE2\x80\xAEgpj") == "txt.gpj");  // U+202E turns what follows.
  CHECK(upload::kept_name("a\xC2\x9Bz") == "az");
}

TEST_CASE("upload: a long name is cut between two characters") {
  CHECK(upload::kept_name(std::string(300, 'a')).size() == 255);
  std::string euros = "a";
  for (int i = 0; i < 100; ++i) {
    euros += "\xE2\x82\xAC";
  }
  CHECK(upload::kept_name(euros) == euros.substr(0, 1 + 84 * 3));
}

TEST_CASE("upload: a Content-Disposition cannot be left by the name that is in it") {
  CHECK(upload::attachment("a.txt") == "attachment; filename=\"a.txt\"; filename*=UTF-8''a.txt");
  CHECK(upload::attachment("\xE2\x82\xAC 1.txt") ==
        "attachment; filename=\"___ 1.txt\"; filename*=UTF-8''%E2%82%AC%201.txt");
  CHECK(upload::attachment("a\"; filename=\"b\\%41'\r\n") ==
        "attachment; filename=\"a__ filename__b__41___\"; "
        "filename*=UTF-8''a%22%3B%20filename%3D%22b%5C%2541%27%0D%0A");
}
