#include "worker/file_answer.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <optional>
#include <sys/random.h>
#include <utility>

#include "http/conditional.h"
#include "http/date.h"
#include "http/grammar.h"
#include "http/range.h"
#include "http/status.h"

namespace appserver::worker {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

void append_hex(std::string& out, std::uint64_t number) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), number, 16).ptr;
  out.append(digits.begin(), end);
}

// What the conditions of a request are held against.
struct Version {
  std::string etag;
  sys_seconds last_modified;
};

std::string etag_of_file(const struct stat& status) {
  std::string etag = "\"";
  append_hex(etag, status.st_ino);
  etag.push_back('-');
  append_hex(etag, static_cast<std::uint64_t>(status.st_size));
  etag.push_back('-');
  append_hex(etag, static_cast<std::uint64_t>(status.st_mtim.tv_sec));
  etag.push_back('.');
  append_hex(etag, static_cast<std::uint64_t>(status.st_mtim.tv_nsec));
  etag.push_back('"');
  return etag;
}

// A time in the future, as an unpacked archive may have it, must not be sent (RFC 9110 section
// 8.8.2.1), and one before 1970 cannot be.
Version version_of(const struct stat& status, std::string_view given_etag, sys_seconds now) {
  const sys_seconds changed{seconds(status.st_mtim.tv_sec)};
  return {http::is_entity_tag(given_etag) ? std::string(given_etag) : etag_of_file(status),
          std::clamp(changed, sys_seconds(), std::max(now, sys_seconds()))};
}

std::string date_text(sys_seconds time) {
  http::DateCache date;
  return std::string(date.text(time));
}

std::string content_type_of(const FileTraits& traits) {
  if (!traits.content_type.empty()) {
    return std::string(traits.content_type);
  }
  const std::string_view given = http::value_of(traits.extra, "content-type");
  return std::string(given.empty() ? "application/octet-stream" : given);
}

bool is_made_here(std::string_view name, const FileTraits& traits) {
  constexpr auto kMadeHere =
      std::to_array<std::string_view>({"content-type", "content-length", "content-range",
                                       "accept-ranges", "etag", "last-modified"});
  return std::any_of(kMadeHere.begin(), kMadeHere.end(),
                     [name](std::string_view made) { return http::equals_lower(name, made); }) ||
         (!traits.cache_control.empty() && http::equals_lower(name, "cache-control"));
}

// What 304 leaves out: the client has the representation and what describes it (RFC 9110 section
// 15.4.5). Content-Location, which that section wants, is the exception.
bool describes_content(std::string_view name) {
  return http::equals_lower(name.substr(0, 8), "content-") &&
         !http::equals_lower(name, "content-location");
}

void add_fields(FileAnswer& answer, const Version& version, const FileTraits& traits) {
  const bool has_content = answer.status != 304;
  if (has_content) {
    answer.fields.push_back({"Last-Modified", date_text(version.last_modified)});
    answer.fields.push_back({"Accept-Ranges", "bytes"});
  }
  answer.fields.push_back({"ETag", version.etag});
  if (!traits.cache_control.empty()) {
    answer.fields.push_back({"Cache-Control", std::string(traits.cache_control)});
  }
  for (const http::Field& field : traits.extra) {
    if (!is_made_here(field.name, traits) && (has_content || !describes_content(field.name))) {
      answer.fields.push_back({std::string(field.name), std::string(field.value)});
    }
  }
}

std::string content_range(const http::ByteRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.offset) + "-" +
         std::to_string(range.offset + range.length - 1) + "/" + std::to_string(size);
}

// A separator of 128 random bits: that the file has it is as likely as to guess a key, also for who
// wrote the file. Returns: nothing when the kernel has no random numbers.
std::optional<std::string> make_boundary() {
  std::array<std::uint64_t, 2> random{};
  ssize_t got = -1;
  do {
    got = ::getrandom(random.data(), sizeof random, 0);
  } while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(sizeof random)) {
    return std::nullopt;
  }
  std::string boundary = "part-";
  append_hex(boundary, random[0]);
  boundary.push_back('-');
  append_hex(boundary, random[1]);
  return boundary;
}

// What of a file is to be sent, and as what.
struct Content {
  std::uint64_t size = 0;
  std::string type;
  bool is_encoded = false;
};

Content content_of(const struct stat& status, const FileTraits& traits) {
  return {static_cast<std::uint64_t>(std::max<off_t>(status.st_size, 0)), content_type_of(traits),
          !http::value_of(traits.extra, "content-encoding").empty()};
}

void take_whole(FileAnswer& answer, const Content& content) {
  answer.status = 200;
  answer.fields.push_back({"Content-Type", content.type});
  answer.content_length = content.size;
  if (content.size > 0) {
    answer.pieces.push_back({{}, 0, content.size});
  }
}

// RFC 9110 section 15.3.7.1.
void take_part(FileAnswer& answer, const Content& content, const http::ByteRange& range) {
  answer.status = 206;
  answer.fields.push_back({"Content-Type", content.type});
  answer.fields.push_back({"Content-Range", content_range(range, content.size)});
  answer.content_length = range.length;
  answer.pieces.push_back({{}, range.offset, range.length});
}

// RFC 9110 sections 14.6 and 15.3.7.2.
void take_parts(FileAnswer& answer, const Content& content,
                std::span<const http::ByteRange> ranges) {
  const auto boundary = make_boundary();
  if (!boundary) {
    take_whole(answer, content);  // A Range may be ignored.
    return;
  }
  answer.status = 206;
  answer.fields.push_back({"Content-Type", "multipart/byteranges; boundary=" + *boundary});
  for (const http::ByteRange& range : ranges) {
    std::string before = answer.pieces.empty() ? "--" : "\r\n--";
    before.append(*boundary).append("\r\nContent-Type: ").append(content.type);
    before.append("\r\nContent-Range: ").append(content_range(range, content.size));
    before.append("\r\n\r\n");
    answer.content_length += before.size() + range.length;
    answer.pieces.push_back({std::move(before), range.offset, range.length});
  }
  answer.after = "\r\n--" + *boundary + "--\r\n";
  answer.content_length += answer.after.size();
}

// Content-Encoding stands for the whole message: around a multipart body a client would decode the
// separators too. So that an encoded file is sent in one part or, if it were several, as a whole.
void take(FileAnswer& answer, const Content& content, std::span<const http::ByteRange> ranges) {
  if (ranges.size() == 1) {
    take_part(answer, content, ranges.front());
  } else if (ranges.empty() || content.is_encoded) {
    take_whole(answer, content);
  } else {
    take_parts(answer, content, ranges);
  }
}

// RFC 9110 section 15.5.17.
FileAnswer unsatisfiable(std::uint64_t size) {
  FileAnswer answer = answer_with_error(416, "The file ends before each of the requested ranges.");
  answer.fields.push_back({"Content-Range", "bytes */" + std::to_string(size)});
  return answer;
}

}  // namespace

FileAnswer answer_with_file(const http::RequestHead& head, UniqueFd file, const struct stat& status,
                            const FileTraits& traits) {
  const auto now =
      std::chrono::floor<seconds>(std::chrono::system_clock::from_time_t(std::time(nullptr)));
  const Version version = version_of(status, http::value_of(traits.extra, "etag"), now);
  const Content content = content_of(status, traits);
  const auto conditions = http::read_conditions(head, {version.etag, version.last_modified}, now);
  FileAnswer answer;
  switch (conditions.precondition) {
    case http::Precondition::Failed:
      return answer_with_error(412, "The file is not the version that the request asks for.");
    case http::Precondition::NotModified:
      answer.status = 304;
      break;
    case http::Precondition::Proceed: {
      const auto selection = http::select_ranges(conditions.range, content.size);
      if (selection.kind() == http::RangeSelection::Kind::Unsatisfiable) {
        return unsatisfiable(content.size);
      }
      take(answer, content, selection.ranges());
      break;
    }
  }
  add_fields(answer, version, traits);
  if (!answer.pieces.empty()) {
    answer.file = std::move(file);
  }
  return answer;
}

FileAnswer answer_with_error(unsigned status, std::string_view reason) {
  FileAnswer answer;
  answer.status = status;
  answer.reason = reason;
  answer.fields.push_back({"Content-Type", "text/plain; charset=utf-8"});
  answer.text = std::to_string(status);
  answer.text.append(" ").append(http::reason_phrase(status)).append("\n");
  answer.text.append(reason).append("\n");
  answer.content_length = answer.text.size();
  return answer;
}

}  // namespace appserver::worker
