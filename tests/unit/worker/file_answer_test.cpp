#include "worker/file_answer.h"

#include <chrono>
#include <ctime>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "http/date_syntax.h"
#include "support/temporary_folder.h"
#include "unit/worker/served_file.h"

namespace appserver::worker {
namespace {

using namespace testing;
using http::Field;

constexpr std::string_view kContent = "0123456789abcdefghij";
constexpr std::string_view kModified = "Sun, 06 Nov 1994 08:49:37 GMT";

// A file that exists as long as the test.
struct File {
  explicit File(std::string_view content = kContent, time_t changed = 784111777,
                long nanoseconds = 0) {
    write_file(folder / "file", content, changed, nanoseconds);
  }
  [[nodiscard]] FileAnswer answer(std::string_view method, std::vector<Field> fields = {},
                                  const FileTraits& traits = {
                                      .content_type = "text/x-test"}) const {
    UniqueFd fd(::open((folder / "file").c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    REQUIRE(::fstat(fd.get(), &status) == 0);
    return answer_with_file(request(method, "/file", std::move(fields)), std::move(fd), status,
                            traits);
  }
  [[nodiscard]] std::string etag() const { return field(answer("GET"), "ETag"); }

  test::TemporaryFolder folder;
};

TEST_CASE("answer_with_file: the whole file with what a cache needs to know") {
  const File file;
  for (const char* method : {"GET", "HEAD"}) {
    const FileAnswer answer = file.answer(method);
    CHECK(answer.status == 200);
    CHECK(field(answer, "Content-Type") == "text/x-test");
    CHECK(field(answer, "Last-Modified") == kModified);
    CHECK(field(answer, "Accept-Ranges") == "bytes");
    CHECK(field(answer, "Cache-Control").empty());
    CHECK(field(answer, "ETag").size() > 2);
    CHECK(body_of(answer) == kContent);
    CHECK(answer.content_length == kContent.size());
    CHECK(answer.fields.size() == 4);
    CHECK(answer.pieces.size() == 1);
  }
}

TEST_CASE("answer_with_file: an empty file has no pieces") {
  const File file("");
  for (const std::vector<Field>& fields : {std::vector<Field>{}, {{"Range", "bytes=0-"}}}) {
    const FileAnswer answer = file.answer("GET", fields);
    CHECK(answer.status == 200);
    CHECK(answer.pieces.empty());
    CHECK_FALSE(answer.file.is_open());
    CHECK(answer.content_length == 0);
  }
}

TEST_CASE("answer_with_file: the tag changes with the file and not without") {
  const File file;
  const std::string tag = file.etag();
  CHECK(file.etag() == tag);
  CHECK(tag.front() == '"');
  std::set<std::string> tags{tag};
  CHECK(tags.insert(File(kContent).etag()).second);  // Another inode.
  write_file(file.folder / "file", kContent, 784111778);
  CHECK(tags.insert(file.etag()).second);
  write_file(file.folder / "file", kContent, 784111778, 1000);
  CHECK(tags.insert(file.etag()).second);
  write_file(file.folder / "file", "shorter", 784111778, 1000);
  CHECK(tags.insert(file.etag()).second);
}

TEST_CASE("answer_with_file: 304 has no body and repeats what caches keep (RFC 9110, 15.4.5)") {
  const File file;
  const Field extra[] = {{"Vary", "Accept-Encoding"},
                         {"Content-Encoding", "gzip"},
                         {"content-language", "de"},
                         {"Content-Location", "/file"}};
  const FileAnswer answer = file.answer("GET", {{"If-None-Match", file.etag()}},
                                        {.cache_control = "max-age=1", .extra = extra});
  CHECK(answer.status == 304);
  CHECK(body_of(answer).empty());
  CHECK_FALSE(answer.file.is_open());
  CHECK(field(answer, "ETag") == file.etag());
  CHECK(field(answer, "Cache-Control") == "max-age=1");
  CHECK(field(answer, "Vary") == "Accept-Encoding");
  CHECK(field(answer, "Content-Location") == "/file");
  CHECK(answer.fields.size() == 4);
  CHECK(file.answer("HEAD", {{"If-Modified-Since", kModified}}).status == 304);
}

TEST_CASE("answer_with_file: a failed condition is 412 and says so") {
  const FileAnswer answer = File().answer("GET", {{"If-Match", "\"other\""}});
  CHECK(answer.status == 412);
  CHECK(answer.text.starts_with("412 Precondition Failed\n"));
  CHECK(answer.text.ends_with("\n" + std::string(answer.reason) + "\n"));
  CHECK(answer.content_length == answer.text.size());
  CHECK(answer.pieces.empty());
}

TEST_CASE("answer_with_file: one part (RFC 9110 section 15.3.7.1)") {
  const File file;
  const FileAnswer answer = file.answer("GET", {{"Range", "bytes=10-12"}});
  CHECK(answer.status == 206);
  CHECK(field(answer, "Content-Range") == "bytes 10-12/20");
  CHECK(field(answer, "Content-Type") == "text/x-test");
  CHECK(field(answer, "ETag") == file.etag());
  CHECK(body_of(answer) == "abc");
  CHECK(answer.content_length == 3);
  CHECK(file.answer("HEAD", {{"Range", "bytes=10-12"}}).status == 200);
}

TEST_CASE("answer_with_file: several parts (RFC 9110 sections 14.6 and 15.3.7.2)") {
  const FileAnswer answer = File().answer("GET", {{"Range", "bytes=-2,0-0,50-"}});
  CHECK(answer.status == 206);
  CHECK(field(answer, "Content-Range").empty());
  const std::string type = field(answer, "Content-Type");
  const std::string_view start = "multipart/byteranges; boundary=";
  REQUIRE(type.starts_with(start));
  const std::string boundary = type.substr(start.size());
  CHECK(boundary.size() > 20);
  CHECK(boundary.size() <= 70);  // RFC 2046 section 5.1.1.
  CHECK(body_of(answer) ==
        "--" + boundary +
            "\r\nContent-Type: text/x-test\r\nContent-Range: bytes 18-19/20\r\n\r\nij\r\n--" +
            boundary +
            "\r\nContent-Type: text/x-test\r\nContent-Range: bytes 0-0/20\r\n\r\n0\r\n--" +
            boundary + "--\r\n");
  CHECK(answer.content_length == body_of(answer).size());
}

TEST_CASE("answer_with_file: each set of parts has a boundary of its own") {
  const File file;
  std::set<std::string> types;
  for (int i = 0; i < 50; ++i) {
    types.insert(field(file.answer("GET", {{"Range", "bytes=0-0,2-2"}}), "Content-Type"));
  }
  CHECK(types.size() == 50);
}

TEST_CASE("answer_with_file: parts of an encoded file are one or none") {
  const File file;
  const Field extra[] = {{"Content-Encoding", "gzip"}};
  const FileTraits traits{.content_type = "text/x-test", .extra = extra};
  CHECK(file.answer("GET", {{"Range", "bytes=0-0,2-2"}}, traits).status == 200);
  CHECK(file.answer("GET", {{"Range", "bytes=0-0"}}, traits).status == 206);
}

TEST_CASE("answer_with_file: a range beyond the end is 416 with the size (section 15.5.17)") {
  const FileAnswer answer = File().answer("GET", {{"Range", "bytes=20-"}});
  CHECK(answer.status == 416);
  CHECK(field(answer, "Content-Range") == "bytes */20");
  CHECK(answer.text.starts_with("416 Range Not Satisfiable\n"));
  CHECK(answer.content_length == answer.text.size());
}

TEST_CASE("answer_with_file: If-Range decides between a part and the whole (section 13.1.5)") {
  const File file;
  const auto status = [&file](const std::string& if_range) {
    return file.answer("GET", {{"Range", "bytes=5-"}, {"If-Range", if_range}}).status;
  };
  CHECK(status(file.etag()) == 206);
  CHECK(status("\"other\"") == 200);
  CHECK(status(std::string(kModified)) == 206);
  CHECK(status("Sun, 06 Nov 1994 08:49:36 GMT") == 200);
}

TEST_CASE("answer_with_file: a file from the future is one of now (RFC 9110 section 8.8.2.1)") {
  const std::time_t now = std::time(nullptr);
  const File file(kContent, now + 1'000'000);
  const std::chrono::sys_seconds limit{std::chrono::seconds(now + 1000)};
  const auto shown = http::parse_date(field(file.answer("GET"), "Last-Modified"), limit);
  REQUIRE(shown);
  CHECK(*shown < limit);
}

TEST_CASE("answer_with_file: what the app says of the file is kept, what the file knows is not") {
  const File file;
  const Field extra[] = {{"content-type", "text/x-app"},
                         {"etag", "W/\"app\""},
                         {"Content-Length", "5"},
                         {"content-range", "x"},
                         {"Accept-Ranges", "none"},
                         {"Last-Modified", "x"},
                         {"Cache-Control", "no-store"},
                         {"X-App", "1"},
                         {"X-App", "2"}};
  const FileAnswer answer = file.answer("GET", {}, {.extra = extra});
  CHECK(field(answer, "Content-Type") == "text/x-app");
  CHECK(field(answer, "ETag") == "W/\"app\"");
  CHECK(field(answer, "Last-Modified") == kModified);
  CHECK(field(answer, "Accept-Ranges") == "bytes");
  CHECK(field(answer, "Cache-Control") == "no-store");
  CHECK(field(answer, "X-App") == "1, 2");
  CHECK(answer.fields.size() == 7);
  CHECK(file.answer("GET", {{"If-None-Match", "\"app\""}}, {.extra = extra}).status == 304);
  // A weak tag is no reason to trust a part.
  CHECK(file.answer("GET", {{"Range", "bytes=1-"}, {"If-Range", "W/\"app\""}}, {.extra = extra})
            .status == 200);
}

TEST_CASE("answer_with_file: defaults and what overrides them") {
  const File file;
  CHECK(field(file.answer("GET", {}, {}), "Content-Type") == "application/octet-stream");
  const Field extra[] = {
      {"ETag", "no tag"}, {"Cache-Control", "no-store"}, {"Content-Type", "a/b"}};
  const FileAnswer answer =
      file.answer("GET", {}, {.content_type = "c/d", .cache_control = "no-cache", .extra = extra});
  CHECK(field(answer, "ETag") == file.etag());
  CHECK(field(answer, "Cache-Control") == "no-cache");
  CHECK(field(answer, "Content-Type") == "c/d");
}

}  // namespace
}  // namespace appserver::worker
