#include "config/units.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace appserver::config {
namespace {

struct Unit {
  std::string_view suffix;
  std::uint64_t factor;
};

// In milliseconds. A bare number means seconds because that is what gunicorn's users write.
constexpr std::array<Unit, 6> kDurationUnits{{
    {"", 1000},
    {"ms", 1},
    {"s", 1000},
    {"m", 60 * 1000},
    {"h", 60 * 60 * 1000},
    {"d", 24 * 60 * 60 * 1000},
}};

constexpr std::array<Unit, 5> kSizeUnits{{
    {"", 1},
    {"K", std::uint64_t{1} << 10U},
    {"M", std::uint64_t{1} << 20U},
    {"G", std::uint64_t{1} << 30U},
    {"T", std::uint64_t{1} << 40U},
}};

// Large enough for every bound in the table, and small enough that no sum or product of two values
// below it needs an overflow check.
constexpr std::uint64_t kMostUnits = std::uint64_t{1} << 62U;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Splits the leading digits off `text`.
std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto length = static_cast<std::size_t>(end - text.begin());
  const std::string_view digits = text.substr(0, length);
  text.remove_prefix(length);
  return digits;
}

template <typename Number>
std::optional<Number> parse_digits(std::string_view digits, int base = 10) {
  Number number{};
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number, base);
  if (error != std::errc{} || stop != end) {
    return std::nullopt;
  }
  return number;
}

std::optional<std::uint64_t> multiply(std::uint64_t number, std::uint64_t factor) {
  if (number > kMostUnits / factor) {
    return std::nullopt;
  }
  return number * factor;
}

// `digits` read as 0.digits, times `factor`, rounded up. Nine digits are kept: finer differences
// come only from binary fractions in a TOML file (0.1 + 0.2), and must not round up.
std::uint64_t scaled_fraction(std::string_view digits, std::uint64_t factor) {
  constexpr std::size_t kPlaces = 9;
  constexpr std::uint64_t kScale = 1'000'000'000;
  std::string places(digits.substr(0, kPlaces));
  places.resize(kPlaces, '0');
  const std::uint64_t fraction = parse_digits<std::uint64_t>(places).value_or(0);
  return (fraction * factor + kScale - 1) / kScale;
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) {
  return parse_digits<std::int64_t>(text);
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const std::string_view whole = take_digits(text);
  std::string_view fraction;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = take_digits(text);
    if (fraction.empty()) {
      return std::nullopt;
    }
  }
  const auto unit = std::find_if(kDurationUnits.begin(), kDurationUnits.end(),
                                 [text](const Unit& known) { return known.suffix == text; });
  const auto number = parse_digits<std::uint64_t>(whole);
  if (unit == kDurationUnits.end() || !number) {
    return std::nullopt;
  }
  const auto milliseconds = multiply(*number, unit->factor);
  if (!milliseconds) {
    return std::nullopt;
  }
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(*milliseconds + scaled_fraction(fraction, unit->factor)));
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto number = parse_digits<std::uint64_t>(take_digits(text));
  std::string suffix(text);
  std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  const auto unit = std::find_if(kSizeUnits.begin(), kSizeUnits.end(),
                                 [&suffix](const Unit& known) { return known.suffix == suffix; });
  if (unit == kSizeUnits.end() || !number) {
    return std::nullopt;
  }
  return multiply(*number, unit->factor);
}

std::optional<unsigned> parse_mode(std::string_view text) {
  constexpr unsigned kMostMode = 0777;
  const auto mode = parse_digits<unsigned>(text, 8);
  return mode && *mode <= kMostMode ? mode : std::nullopt;
}

std::optional<bool> parse_flag(std::string_view text) {
  constexpr std::array<std::string_view, 4> kYes{"true", "yes", "on", "1"};
  constexpr std::array<std::string_view, 4> kNo{"false", "no", "off", "0"};
  if (std::find(kYes.begin(), kYes.end(), text) != kYes.end()) {
    return true;
  }
  if (std::find(kNo.begin(), kNo.end(), text) != kNo.end()) {
    return false;
  }
  return std::nullopt;
}

std::string format_duration(std::chrono::milliseconds duration) {
  // Minutes are left out: 60s and 90s compare at a glance, 1m and 90s do not.
  constexpr std::array<Unit, 3> kShown{{{"d", 86'400'000}, {"h", 3'600'000}, {"s", 1000}}};
  const auto count = static_cast<std::uint64_t>(duration.count());
  if (count == 0) {
    return "0s";
  }
  for (const Unit& unit : kShown) {
    if (count % unit.factor == 0) {
      return std::to_string(count / unit.factor) + std::string(unit.suffix);
    }
  }
  return std::to_string(count) + "ms";
}

std::string format_size(std::uint64_t bytes) {
  for (auto unit = kSizeUnits.rbegin(); unit != kSizeUnits.rend(); ++unit) {
    if (bytes != 0 && bytes % unit->factor == 0) {
      return std::to_string(bytes / unit->factor) + std::string(unit->suffix);
    }
  }
  return "0";
}

std::string format_mode(unsigned mode) {
  std::string text = "000";
  for (std::size_t place = text.size(); place-- > 0; mode /= 8) {
    text[place] = static_cast<char>('0' + mode % 8);
  }
  return text;
}

}  // namespace appserver::config
