#include "ipc/records.h"

#include <string>

#include <doctest/doctest.h>

namespace appserver::ipc {
namespace {

Record one(const std::string& text) {
  const auto records = read_records(text);
  REQUIRE(records.has_value());
  REQUIRE(records->size() == 1);
  return records->front();
}

TEST_CASE("records: a record is a line that people can read") {
  Record record("listener");
  record.set("fd", "7");
  record.set("display", "http://127.0.0.1:8000");
  record.set("socket_file", "");
  CHECK(write_record(record) == "listener fd=7 display=http://127.0.0.1:8000 socket_file=\n");
}

TEST_CASE("records: values of any bytes come back as they were") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    all += static_cast<char>(byte);
  }
  for (const std::string& value : {all, std::string(), std::string("a=b=c"), std::string("%41")}) {
    Record record("text");
    record.set("is", value);
    const Record read = one(write_record(record));
    CHECK(read.kind() == "text");
    REQUIRE(read.find("is") != nullptr);
    CHECK(*read.find("is") == value);
    CHECK(read.find("other") == nullptr);
  }
}

TEST_CASE("records: several lines, the last one with or without its line feed") {
  for (const char* text : {"a x=1\nb\na x=2\n", "a x=1\nb\na x=2"}) {
    const auto records = read_records(text);
    REQUIRE(records.has_value());
    REQUIRE(records->size() == 3);
    CHECK(*(*records)[2].find("x") == "2");
  }
  CHECK(read_records("")->empty());
}

TEST_CASE("records: what is no record is an error that names the line") {
  for (const char* line : {"", " x=1", "A x=1", "a x", "a =1", "a x=1 x=2", "a x=%", "a x=%4",
                           "a x=%zz", "a x=\t", "a x=\x80", "a X=1", "a  x=1", "\x01"}) {
    CAPTURE(line);
    const auto records = read_records("ok y=1\n" + std::string(line) + "\nok y=2\n");
    REQUIRE_FALSE(records.has_value());
    CHECK(records.error().message == "line 2 is no record");
  }
}

TEST_CASE("records: more bytes than any server writes are not read") {
  CHECK_FALSE(read_records(std::string(kMostRecordBytes + 1, 'a')).has_value());
  CHECK(read_records(std::string(kMostRecordBytes, 'a')).has_value());
}

}  // namespace
}  // namespace appserver::ipc
