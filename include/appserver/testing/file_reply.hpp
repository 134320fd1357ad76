#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <appserver/detail/entity_tags.hpp>
#include <appserver/detail/http_date.hpp>
#include <appserver/testing/messages.hpp>
#include <appserver/testing/rules.hpp>
#include <appserver/url.hpp>

// Not part of the user's interface: files as answers. Of the conditions of a request If-None-Match
// is evaluated, of ranges a single one; the server does more.
namespace appserver::testing {

// A part of a file.
struct FileRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

// "bytes=1-2", "bytes=1-", "bytes=-2" (RFC 9110 section 14.1.2); nullopt for anything else, which
// is ignored. A length of 0: nothing of it is in the file.
[[nodiscard]] inline std::optional<FileRange> parse_file_range(std::string_view text,
                                                               std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  const std::size_t dash = text.find('-');
  if (!text.starts_with(kUnit) || dash == std::string_view::npos) {
    return std::nullopt;
  }
  const auto number = [](std::string_view digits) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool is_number = error == std::errc() && end == digits.data() + digits.size();
    return is_number ? std::optional(value) : std::nullopt;
  };
  const auto first = number(text.substr(kUnit.size(), dash - kUnit.size()));
  const auto last = number(text.substr(dash + 1));
  if (first && (last || dash + 1 == text.size())) {
    const std::uint64_t end = std::min(last.value_or(size), size - 1) + 1;
    return *first >= size ? FileRange{} : FileRange{*first, end - *first};
  }
  if (dash == kUnit.size() && last) {
    const std::uint64_t length = std::min(*last, size);
    return FileRange{size - length, length};
  }
  return std::nullopt;
}

[[nodiscard]] inline std::string read_file_part(int fd, const FileRange& range) {
  std::string content(range.length, '\0');
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t got = ::pread(fd, content.data() + done, content.size() - done,
                                static_cast<off_t>(range.offset + done));
    if (got <= 0) {
      break;
    }
    done += static_cast<std::size_t>(got);
  }
  content.resize(done);
  return content;
}

[[nodiscard]] inline std::string etag_of_file(const struct stat& status) {
  std::array<char, 96> text;
  const int length = std::snprintf(
      text.data(), text.size(), "\"%" PRIx64 "-%" PRIx64 "-%" PRIx64 "\"",
      static_cast<std::uint64_t>(status.st_ino), static_cast<std::uint64_t>(status.st_size),
      static_cast<std::uint64_t>(status.st_mtim.tv_nsec) +
          static_cast<std::uint64_t>(status.st_mtim.tv_sec) * 1'000'000'000U);
  return {text.data(), static_cast<std::size_t>(length)};
}

[[nodiscard]] inline bool client_has(const Message& request, std::string_view etag) {
  const auto own = detail::take_entity_tag(etag);
  return own && has_field(request.headers, "If-None-Match") &&
         detail::lists_tag(value_of(request.headers, "If-None-Match"), *own,
                           detail::TagComparison::Weak);
}

// The answer that is the file behind `fd`, with the app's own fields.
// Returns: nullopt when it is no regular file.
[[nodiscard]] inline std::optional<Reply> file_reply(const Message& request, Headers fields,
                                                     int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  Reply reply;
  reply.status = 200;
  reply.headers = std::move(fields);
  if (!has_field(reply.headers, "ETag")) {
    reply.headers.emplace_back("ETag", etag_of_file(status));
  }
  const std::chrono::sys_seconds changed{std::chrono::seconds(status.st_mtim.tv_sec)};
  reply.headers.emplace_back("Last-Modified", detail::to_http_date(changed));
  reply.headers.emplace_back("Accept-Ranges", "bytes");
  if (client_has(request, reply.header("ETag"))) {
    reply.status = 304;
    return reply;
  }
  FileRange range{0, size};
  const std::string_view asked =
      request.method == "GET" && size > 0 ? value_of(request.headers, "Range") : "";
  if (const auto part = parse_file_range(asked, size)) {
    if (part->length == 0) {
      reply = rules::error_reply(416, "The file ends before each of the requested ranges.");
      reply.headers.emplace_back("Content-Range", "bytes */" + std::to_string(size));
      return reply;
    }
    range = *part;
    reply.status = 206;
    reply.headers.emplace_back("Content-Range",
                               "bytes " + std::to_string(range.offset) + "-" +
                                   std::to_string(range.offset + range.length - 1) + "/" +
                                   std::to_string(size));
  }
  reply.body = read_file_part(fd, range);
  return reply;
}

}  // namespace appserver::testing
