#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <appserver/testing/messages.hpp>
#include <appserver/url.hpp>

namespace appserver::testing {

// Reads an IMF-fixdate (RFC 9110 section 5.6.7); nullopt for any other text.
[[nodiscard]] inline std::optional<std::chrono::sys_seconds> parse_http_date(
    const std::string& text) {
  using namespace std::chrono;
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  unsigned date = 0;
  std::array<char, 4> month_name{};
  int in_year = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (std::sscanf(text.c_str(), "%*3s, %2u %3s %4d %2d:%2d:%2d GMT", &date, month_name.data(),
                  &in_year, &hour, &minute, &second) != 6) {
    return std::nullopt;
  }
  const std::size_t at = kMonths.find(month_name.data());
  const year_month_day day(year(in_year), month(static_cast<unsigned>(at / 3 + 1)),
                           std::chrono::day(date));
  if (at == std::string_view::npos || at % 3 != 0 || !day.ok()) {
    return std::nullopt;
  }
  return sys_days(day) + hours(hour) + minutes(minute) + seconds(second);
}

// Keeps the cookies that an app sets, as a browser does (RFC 6265 section 5): by name, domain and
// path, until their time is over. It knows one site, so that SameSite makes no difference.
class CookieJar {
 public:
  using Time = std::chrono::system_clock::time_point;

  // Takes the value of a Set-Cookie field that came for `path` of `host`. One whose time is over
  // deletes the cookie; one without a name, or for another host, is ignored.
  void take(const std::string& set_cookie, std::string_view host, std::string_view path, Time now) {
    Cookie cookie = parse(set_cookie, host, path, now);
    if (cookie.name.empty() || !matches_domain(cookie, host)) {
      return;
    }
    std::erase_if(cookies_, [&cookie](const Cookie& other) {
      return other.name == cookie.name && other.domain == cookie.domain &&
             other.path == cookie.path;
    });
    if (!cookie.is_over(now)) {
      cookies_.push_back(std::move(cookie));
    }
  }

  // The value of the Cookie field for a request; empty: none is sent. Longer paths come first.
  [[nodiscard]] std::string field_for(std::string_view host, std::string_view path, bool secure,
                                      Time now) const {
    std::vector<const Cookie*> sent;
    for (const Cookie& cookie : cookies_) {
      if (!cookie.is_over(now) && matches_domain(cookie, host) && matches_path(cookie, path) &&
          (secure || !cookie.secure)) {
        sent.push_back(&cookie);
      }
    }
    std::stable_sort(sent.begin(), sent.end(), [](const Cookie* a, const Cookie* b) {
      return a->path.size() > b->path.size();
    });
    std::string field;
    for (const Cookie* cookie : sent) {
      field.append(field.empty() ? "" : "; ").append(cookie->name + "=" + cookie->value);
    }
    return field;
  }

  // The value of a cookie that is kept, whatever its path; nullopt when there is none.
  [[nodiscard]] std::optional<std::string> value(std::string_view name) const {
    for (const Cookie& cookie : cookies_) {
      if (cookie.name == name) {
        return cookie.value;
      }
    }
    return std::nullopt;
  }

  void clear() noexcept { cookies_.clear(); }

 private:
  struct Cookie {
    std::string name;
    std::string value;
    std::string domain;
    std::string path;
    bool host_only = true;
    bool secure = false;
    std::optional<Time> end{};  // none: as long as the jar

    [[nodiscard]] bool is_over(Time now) const noexcept { return end && *end <= now; }
  };

  [[nodiscard]] static Cookie parse(const std::string& text, std::string_view host,
                                    std::string_view path, Time now) {
    Cookie cookie;
    cookie.domain = host.substr(0, host.find(':'));
    cookie.path = std::string(path.substr(0, std::max<std::size_t>(path.rfind('/'), 1)));
    bool is_first = true;
    bool has_max_age = false;
    url::visit_fields(text, ';', [&](std::string_view name, std::string_view value) {
      name = url::trim(name);
      value = url::trim(value);
      if (std::exchange(is_first, false)) {
        cookie.name = name;
        cookie.value = value;
      } else if (url::same_name(name, "Path") && value.starts_with('/')) {
        cookie.path = value;
      } else if (url::same_name(name, "Domain") && !value.empty()) {
        cookie.domain = value.substr(value.front() == '.' ? 1 : 0);
        cookie.host_only = false;
      } else if (url::same_name(name, "Secure")) {
        cookie.secure = true;
      } else if (url::same_name(name, "Max-Age")) {
        long long seconds = 0;
        std::from_chars(value.data(), value.data() + value.size(), seconds);
        cookie.end = now + std::chrono::seconds(seconds);
        has_max_age = true;
      } else if (url::same_name(name, "Expires") && !has_max_age) {
        if (const auto end = parse_http_date(std::string(value))) {
          cookie.end = *end;
        }
      }
      return false;
    });
    return cookie;
  }

  [[nodiscard]] static bool matches_domain(const Cookie& cookie, std::string_view host) {
    host = host.substr(0, host.find(':'));
    if (url::same_name(cookie.domain, host)) {
      return true;
    }
    const std::string suffix = "." + cookie.domain;
    return !cookie.host_only && host.size() > suffix.size() &&
           url::same_name(host.substr(host.size() - suffix.size()), suffix);
  }

  // RFC 6265 section 5.1.4.
  [[nodiscard]] static bool matches_path(const Cookie& cookie, std::string_view path) {
    if (!path.starts_with(cookie.path)) {
      return false;
    }
    return path.size() == cookie.path.size() || cookie.path.back() == '/' ||
           path[cookie.path.size()] == '/';
  }

  std::vector<Cookie> cookies_;
};

}  // namespace appserver::testing
