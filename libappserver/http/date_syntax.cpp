#include "http/date_syntax.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "http/grammar.h"

namespace appserver::http {
namespace {

namespace chrono = std::chrono;
using chrono::sys_seconds;

constexpr std::array<std::string_view, 7> kWeekdays{"Mon", "Tue", "Wed", "Thu",
                                                    "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 7> kLongWeekdays{
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// A text that is taken apart from its front. Once something was not there, it stays failed and all
// it returns is without meaning, so that a format reads as a list of its pieces.
class Pieces {
 public:
  explicit Pieces(std::string_view text) : rest_(text) {}

  Pieces& literal(std::string_view text) {
    if (rest_.starts_with(text)) {
      rest_.remove_prefix(text.size());
    } else {
      failed_ = true;
    }
    return *this;
  }

  // Returns: the index of the one of `names` that stands here.
  template <std::size_t count>
  std::size_t one_of(const std::array<std::string_view, count>& names) {
    const auto found = std::find_if(names.begin(), names.end(), [this](std::string_view name) {
      return rest_.starts_with(name);
    });
    if (found == names.end()) {
      failed_ = true;
      return 0;
    }
    rest_.remove_prefix(found->size());
    return static_cast<std::size_t>(found - names.begin());
  }

  // Exactly `digits` digits; `space_padded` allows a space instead of the first one.
  int number(std::size_t digits, bool space_padded = false) {
    if (rest_.size() < digits) {
      failed_ = true;
      return 0;
    }
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const char c = i == 0 && space_padded && rest_[0] == ' ' ? '0' : rest_[i];
      failed_ = failed_ || !is_digit(c);
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }

  [[nodiscard]] bool is_complete() const { return !failed_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

struct Reading {
  int year = 0;
  std::size_t month = 0;  // From 0.
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

void read_time(Pieces& pieces, Reading& reading) {
  reading.hour = pieces.number(2);
  reading.minute = pieces.literal(":").number(2);
  reading.second = pieces.literal(":").number(2);
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<Reading> read_fixdate(std::string_view text) {
  Pieces pieces(text);
  Reading reading;
  pieces.one_of(kWeekdays);
  reading.day = pieces.literal(", ").number(2);
  reading.month = pieces.literal(" ").one_of(kMonths);
  reading.year = pieces.literal(" ").number(4);
  read_time(pieces.literal(" "), reading);
  pieces.literal(" GMT");
  return pieces.is_complete() ? std::optional(reading) : std::nullopt;
}

// "Sunday, 06-Nov-94 08:49:37 GMT"; the year has two digits.
std::optional<Reading> read_rfc850(std::string_view text) {
  Pieces pieces(text);
  Reading reading;
  pieces.one_of(kLongWeekdays);
  reading.day = pieces.literal(", ").number(2);
  reading.month = pieces.literal("-").one_of(kMonths);
  reading.year = pieces.literal("-").number(2);
  read_time(pieces.literal(" "), reading);
  pieces.literal(" GMT");
  return pieces.is_complete() ? std::optional(reading) : std::nullopt;
}

// "Sun Nov  6 08:49:37 1994"
std::optional<Reading> read_asctime(std::string_view text) {
  Pieces pieces(text);
  Reading reading;
  pieces.one_of(kWeekdays);
  reading.month = pieces.literal(" ").one_of(kMonths);
  reading.day = pieces.literal(" ").number(2, true);
  read_time(pieces.literal(" "), reading);
  reading.year = pieces.literal(" ").number(4);
  return pieces.is_complete() ? std::optional(reading) : std::nullopt;
}

std::optional<sys_seconds> to_time(const Reading& reading) {
  const chrono::year_month_day date(chrono::year(reading.year),
                                    chrono::month(static_cast<unsigned>(reading.month) + 1),
                                    chrono::day(static_cast<unsigned>(reading.day)));
  if (!date.ok() || reading.hour > 23 || reading.minute > 59 || reading.second > 60) {
    return std::nullopt;
  }
  return chrono::sys_days(date) + chrono::hours(reading.hour) + chrono::minutes(reading.minute) +
         chrono::seconds(reading.second);
}

chrono::year year_of(sys_seconds time) {
  return chrono::year_month_day(chrono::floor<chrono::days>(time)).year();
}

// 50 years later, on the last of February if the day does not exist in that year.
sys_seconds fifty_years_after(sys_seconds now) {
  const auto today = chrono::floor<chrono::days>(now);
  chrono::year_month_day date = chrono::year_month_day(today) + chrono::years(50);
  if (!date.ok()) {
    date = date.year() / date.month() / chrono::last;
  }
  return chrono::sys_days(date) + (now - today);
}

// The latest year with these last two digits that is not more than 50 years ahead. A 29 February
// that does not exist in it is refused by to_time(), as RFC 9110 knows no other year for it.
std::optional<sys_seconds> in_nearest_century(Reading reading, sys_seconds now) {
  const int digits = reading.year;
  reading.year = static_cast<int>(year_of(now)) / 100 * 100 + 100 + digits;
  const sys_seconds latest = fifty_years_after(now);
  while (reading.year > static_cast<int>(year_of(latest))) {
    reading.year -= 100;
  }
  auto time = to_time(reading);
  if (time && *time > latest) {
    reading.year -= 100;
    time = to_time(reading);
  }
  return time;
}

}  // namespace

std::optional<sys_seconds> parse_date(std::string_view text, sys_seconds now) {
  auto reading = read_fixdate(text);
  if (!reading) {
    reading = read_asctime(text);
  }
  if (reading) {
    return to_time(*reading);
  }
  const auto short_year = read_rfc850(text);
  return short_year ? in_nearest_century(*short_year, now) : std::nullopt;
}

}  // namespace appserver::http
