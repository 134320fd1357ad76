#include "http/conditional.h"

#include <cstddef>

#include "http/date_syntax.h"
#include "http/grammar.h"

namespace appserver::http {
namespace {

using std::chrono::sys_seconds;

// A field that is no list: its value counts only if it comes once.
struct Single {
  std::size_t lines = 0;
  std::string_view value;

  void add(std::string_view line) {
    ++lines;
    value = line;
  }
  [[nodiscard]] bool is_usable() const { return lines == 1; }
};

// The lines of a request that this file is about. One pass over all fields, and a look at the
// letters only where the length fits.
struct Lines {
  bool if_match = false;
  bool if_none_match = false;
  Single if_modified_since;
  Single if_unmodified_since;
  Single if_range;
  Single range;
};

Lines find_lines(const RequestHead& head) {
  Lines lines;
  for (const Field& field : head.fields) {
    switch (field.name.size()) {
      case 5:
        if (equals_lower(field.name, "range")) {
          lines.range.add(field.value);
        }
        break;
      case 8:
        if (equals_lower(field.name, "if-range")) {
          lines.if_range.add(field.value);
        } else if (equals_lower(field.name, "if-match")) {
          lines.if_match = true;
        }
        break;
      case 13:
        lines.if_none_match = lines.if_none_match || equals_lower(field.name, "if-none-match");
        break;
      case 17:
        if (equals_lower(field.name, "if-modified-since")) {
          lines.if_modified_since.add(field.value);
        }
        break;
      case 19:
        if (equals_lower(field.name, "if-unmodified-since")) {
          lines.if_unmodified_since.add(field.value);
        }
        break;
      default:
        break;
    }
  }
  return lines;
}

struct EntityTag {
  bool weak = false;
  std::string_view opaque;  // With its quotes.
};

// Takes the entity-tag from the front of `text` (RFC 9110 section 8.8.3). `W` is case-sensitive.
std::optional<EntityTag> take_tag(std::string_view& text) {
  std::string_view rest = text;
  const bool weak = rest.starts_with("W/");
  rest.remove_prefix(weak ? 2 : 0);
  if (!rest.starts_with('"')) {
    return std::nullopt;
  }
  std::size_t end = 1;
  while (end < rest.size() && rest[end] != '"') {
    const auto byte = static_cast<unsigned char>(rest[end]);
    if (byte <= 0x20 || byte == 0x7f) {
      return std::nullopt;
    }
    ++end;
  }
  if (end == rest.size()) {
    return std::nullopt;
  }
  text = rest.substr(end + 1);
  return EntityTag{weak, rest.substr(0, end + 1)};
}

std::optional<EntityTag> read_tag(std::string_view text) {
  const auto tag = take_tag(text);
  return text.empty() ? tag : std::nullopt;
}

enum class Comparison { Strong, Weak };

// RFC 9110 section 8.8.3.2.
bool are_equal(const EntityTag& a, const EntityTag& b, Comparison how) {
  return a.opaque == b.opaque && (how == Comparison::Weak || (!a.weak && !b.weak));
}

// Whether `list`, which is `*` or entity-tags between commas, has `own`. A comma may be part of a
// tag, so that splitting at commas would not do. A list with a fault has nothing.
bool list_has(std::string_view list, const std::optional<EntityTag>& own, Comparison how) {
  list = trimmed(list);
  if (list == "*") {
    return true;  // There is a representation.
  }
  bool found = false;
  while (!list.empty()) {
    if (!list.starts_with(',')) {
      const auto tag = take_tag(list);
      list = trimmed(list);
      if (!tag || !(list.empty() || list.starts_with(','))) {
        return false;
      }
      found = found || (own && are_equal(*tag, *own, how));
    }
    list = trimmed(list.substr(list.empty() ? 0 : 1));
  }
  return found;
}

// The same for all lines of that name together.
bool any_line_has(const RequestHead& head, std::string_view name, std::string_view etag,
                  Comparison how) {
  const auto own = read_tag(etag);
  for (const Field& field : head.fields) {
    if (equals_lower(field.name, name) && list_has(field.value, own, how)) {
      return true;
    }
  }
  return false;
}

std::optional<sys_seconds> date_of(const Single& line, sys_seconds now) {
  return line.is_usable() ? parse_date(line.value, now) : std::nullopt;
}

// RFC 9110 section 13.1.5.
bool if_range_holds(const Single& line, const Validators& validators, sys_seconds now) {
  if (!line.is_usable()) {
    return false;
  }
  if (const auto tag = read_tag(line.value)) {
    const auto own = read_tag(validators.etag);
    return own && are_equal(*tag, *own, Comparison::Strong);
  }
  const auto date = parse_date(line.value, now);
  return date && validators.last_modified == date && *date + std::chrono::seconds(1) <= now;
}

// The part of Conditions before the Range; the numbers are those of RFC 9110 section 13.2.2.
Precondition evaluate(const RequestHead& head, const Lines& lines, const Validators& validators,
                      sys_seconds now) {
  const auto& modified = validators.last_modified;
  if (lines.if_match) {  // 1
    if (!any_line_has(head, "if-match", validators.etag, Comparison::Strong)) {
      return Precondition::Failed;
    }
  } else if (const auto date = date_of(lines.if_unmodified_since, now)) {  // 2
    if (modified && *modified > *date) {
      return Precondition::Failed;
    }
  }
  const bool only_reads = head.method == "GET" || head.method == "HEAD";
  if (lines.if_none_match) {  // 3
    if (any_line_has(head, "if-none-match", validators.etag, Comparison::Weak)) {
      return only_reads ? Precondition::NotModified : Precondition::Failed;
    }
  } else if (const auto date = date_of(lines.if_modified_since, now); date && only_reads) {  // 4
    if (modified && *modified <= *date) {
      return Precondition::NotModified;
    }
  }
  return Precondition::Proceed;
}

}  // namespace

Conditions read_conditions(const RequestHead& head, const Validators& validators, sys_seconds now) {
  const Lines lines = find_lines(head);
  Conditions conditions{evaluate(head, lines, validators, now), {}};
  const bool may_use_range = head.method == "GET" && lines.range.is_usable() &&
                             (lines.if_range.lines == 0 ||  // 5
                              if_range_holds(lines.if_range, validators, now));
  if (may_use_range) {
    conditions.range = lines.range.value;
  }
  return conditions;
}

bool is_entity_tag(std::string_view text) {
  return read_tag(text).has_value();
}

}  // namespace appserver::http
