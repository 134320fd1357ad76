#include "config/text_checks.h"

#include <algorithm>

namespace appserver::config {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::optional<std::string> check_filled(std::string_view text) {
  return text.empty() ? std::optional<std::string>("is empty") : std::nullopt;
}

std::optional<std::string> check_variable(std::string_view text) {
  const std::string_view name = text.substr(0, text.find('='));
  const bool is_valid =
      name.size() < text.size() && !name.empty() && !is_digit(name.front()) &&
      std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c); });
  return is_valid ? std::nullopt : std::optional<std::string>("is not of the form NAME=VALUE");
}

std::optional<std::string> check_mount(std::string_view text) {
  const std::size_t equals = text.find('=');
  const bool is_valid =
      text.starts_with('/') && equals != std::string_view::npos && equals + 1 < text.size();
  return is_valid ? std::nullopt
                  : std::optional<std::string>("is not of the form /PREFIX=DIRECTORY");
}

std::optional<std::string> check_coding(std::string_view text) {
  return text == "gzip" || text == "br" ? std::nullopt
                                        : std::optional<std::string>("is neither gzip nor br");
}

std::optional<std::string> check_error_page(std::string_view text) {
  const bool is_valid = text.size() > 4 && (text[0] == '4' || text[0] == '5') &&
                        is_digit(text[1]) && is_digit(text[2]) && text[3] == '=';
  return is_valid ? std::nullopt
                  : std::optional<std::string>(
                        "is not of the form STATUS=FILE, such as "
                        "404=/srv/404.html");
}

std::optional<std::string> check_instance(std::string_view text) {
  const bool is_valid = !text.starts_with('.') && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '.';
  });
  return is_valid ? std::nullopt
                  : std::optional<std::string>(
                        "is not a name of letters, digits, '-', '_' and '.' (not in front)");
}

std::optional<std::string> check_path(std::string_view text) {
  const bool is_valid = text.empty() || (text.starts_with('/') &&
                                         text.find_first_of("?# \r\n") == std::string_view::npos);
  return is_valid
             ? std::nullopt
             : std::optional<std::string>("is not a path that starts with / and has no ? or #");
}

}  // namespace appserver::config
