#include "observe/access_log.h"

#include <charconv>
#include <cstdio>
#include <exception>

#include "observe/escape.h"

namespace appserver::observe {
namespace {

// Some hundred usual records: rare enough to write, small enough to keep.
constexpr std::size_t kFullBatch = 64 * 1024;

bool stands_as_it_is(char c) {
  return c >= 0x20 && c <= 0x7E && c != '"' && c != '\\';
}

// Copies runs of plain characters at once: this is the usual case and the hot path.
void append_plain(std::string& out, std::string_view text) {
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && stands_as_it_is(text[plain])) {
      ++plain;
    }
    out += text.substr(0, plain);
    if (plain == text.size()) {
      return;
    }
    append_hex_escape(out, static_cast<unsigned char>(text[plain]));
    text.remove_prefix(plain + 1);
  }
}

void append_or_dash(std::string& out, std::string_view text) {
  append_plain(out, text.empty() ? "-" : text);
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;  // 2^64 - 1 has 20.
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), written.ptr);
}

void append_request_line(std::string& out, const AccessRecord& record) {
  if (record.method.empty()) {
    out += '-';
    return;
  }
  append_plain(out, record.method);
  out += ' ';
  append_plain(out, record.target);
  out += record.http_version == 10 ? " HTTP/1.0" : " HTTP/1.1";
}

}  // namespace

void append_access_record(std::string& batch, std::string_view time, const AccessRecord& record) {
  append_or_dash(batch, record.host);
  batch += " - - [";
  batch += time;
  batch += "] \"";
  append_request_line(batch, record);
  batch += "\" ";
  append_number(batch, record.status < 0 ? 0 : static_cast<std::uint64_t>(record.status));
  batch += ' ';
  append_number(batch, record.bytes);
  batch += " \"";
  append_or_dash(batch, record.referer);
  batch += "\" \"";
  append_or_dash(batch, record.user_agent);
  batch += "\"\n";
}

std::string_view AccessTime::text(std::time_t now) noexcept {
  if (now != second_ || size_ == 0) {
    std::tm local{};
    ::localtime_r(&now, &local);
    // Not strftime's %b: an app that calls setlocale would change the month's name for log parsers.
    constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::array<char, 24> format;
    std::snprintf(format.data(), format.size(), "%%d/%s/%%Y:%%H:%%M:%%S %%z",
                  kMonths[static_cast<std::size_t>(local.tm_mon)]);
    size_ = std::strftime(text_.data(), text_.size(), format.data(), &local);
    second_ = now;
  }
  return {text_.data(), size_};
}

AccessLog::AccessLog(int fd) : writer_(fd) {
  batch_.reserve(2 * kFullBatch);
}

void AccessLog::add(std::time_t now, const AccessRecord& record) noexcept {
  if (batch_.size() >= kFullBatch) {
    flush();
  }
  const std::size_t before = batch_.size();
  try {
    append_access_record(batch_, time_.text(now), record);
    ++records_;
  } catch (const std::exception&) {
    batch_.resize(before);
    writer_.drop();
  }
}

void AccessLog::flush() noexcept {
  if (batch_.empty()) {
    return;
  }
  writer_.write(batch_, records_);
  batch_.clear();
  records_ = 0;
}

}  // namespace appserver::observe
