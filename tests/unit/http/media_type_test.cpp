#include "http/media_type.h"

#include <string_view>

#include <doctest/doctest.h>

using namespace appserver::http;

TEST_CASE("media_type_of: goes by the extension, in any case") {
  CHECK(media_type_of("index.html") == "text/html; charset=utf-8");
  CHECK(media_type_of("INDEX.HTML") == "text/html; charset=utf-8");
  CHECK(media_type_of("a/b.c/site.Css") == "text/css; charset=utf-8");
  CHECK(media_type_of("app.min.js") == "text/javascript; charset=utf-8");
  CHECK(media_type_of("app.js.map") == "application/json");
  CHECK(media_type_of("logo.svg") == "image/svg+xml");
  CHECK(media_type_of("app.webmanifest") == "application/manifest+json");
  CHECK(media_type_of("f.woff2") == "font/woff2");
  CHECK(media_type_of("x.tar.gz") == "application/gzip");
  CHECK(media_type_of(".html") == "text/html; charset=utf-8");
  // The first and the last of the table.
  CHECK(media_type_of("a.3gp") == "video/3gpp");
  CHECK(media_type_of("a.zst") == "application/zstd");
}

TEST_CASE("media_type_of: what is not known is a stream of bytes") {
  for (const std::string_view name : {"", "a", "a.", "a.b", "a.html/b", "html", "a.html~", "a.htm ",
                                      "a.webmanifestx", "a.zzz", "a.0", ".", "..", "a.\xff"}) {
    CAPTURE(name);
    CHECK(media_type_of(name) == "application/octet-stream");
  }
}
