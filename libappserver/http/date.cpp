#include "http/date.h"

#include <algorithm>
#include <cstddef>

namespace appserver::http {
namespace {

using namespace std::chrono_literals;
namespace chrono = std::chrono;

constexpr std::string_view kWeekdays = "SunMonTueWedThuFriSat";
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";

char* put_text(char* to, std::string_view text) {
  return std::copy(text.begin(), text.end(), to);
}

char* put_two_digits(char* to, unsigned number) {
  *to++ = static_cast<char>('0' + number / 10);
  *to++ = static_cast<char>('0' + number % 10);
  return to;
}

char* put_time(char* to, chrono::seconds since_midnight) {
  const auto seconds = static_cast<unsigned>(since_midnight.count());
  to = put_two_digits(to, seconds / 3600);
  to = put_text(to, ":");
  to = put_two_digits(to, seconds / 60 % 60);
  to = put_text(to, ":");
  return put_two_digits(to, seconds % 60);
}

}  // namespace

std::string_view DateCache::text(chrono::sys_seconds now) {
  const std::string_view made(text_.data(), text_.size());
  if (now == made_for_) {
    return made;
  }
  made_for_ = now;
  const chrono::sys_seconds last = chrono::sys_days(9999y / 12 / 31) + 24h - 1s;
  const chrono::sys_seconds shown = std::clamp(now, chrono::sys_seconds(0s), last);
  const auto day = chrono::floor<chrono::days>(shown);
  const chrono::year_month_day date(day);
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  const std::size_t weekday = chrono::weekday(day).c_encoding();
  const std::size_t month = static_cast<unsigned>(date.month()) - 1;

  char* to = put_text(text_.data(), kWeekdays.substr(weekday * 3, 3));
  to = put_text(to, ", ");
  to = put_two_digits(to, static_cast<unsigned>(date.day()));
  to = put_text(to, " ");
  to = put_text(to, kMonths.substr(month * 3, 3));
  to = put_text(to, " ");
  to = put_two_digits(to, year / 100);
  to = put_two_digits(to, year % 100);
  to = put_text(to, " ");
  to = put_time(to, shown - day);
  put_text(to, " GMT");
  return made;
}

}  // namespace appserver::http
