#include "http/compression.h"

#include <algorithm>
#include <array>

#include "http/grammar.h"
#include "http/head_writer.h"

namespace appserver::http {
namespace {

unsigned weight_of(const AcceptedCodings& accepted, Coding coding) {
  switch (coding) {
    case Coding::Gzip:
      return accepted.gzip;
    case Coding::Brotli:
      return accepted.br;
    case Coding::Identity:
      break;
  }
  return accepted.identity;
}

// Types that shrink although they are neither text/... nor +json and the like.
constexpr auto kCompressibleTypes = std::to_array<std::string_view>({
    "application/dart",
    "application/ecmascript",
    "application/graphql",
    "application/javascript",
    "application/json",
    "application/json-seq",
    "application/n-triples",
    "application/ndjson",
    "application/postscript",
    "application/rtf",
    "application/sql",
    "application/toml",
    "application/vnd.ms-fontobject",
    "application/wasm",
    "application/x-javascript",
    "application/x-ndjson",
    "application/x-sh",
    "application/x-www-form-urlencoded",
    "application/x-yaml",
    "application/xml",
    "application/xml-dtd",
    "application/yaml",
    "font/otf",
    "font/ttf",
    "image/bmp",
    "image/vnd.microsoft.icon",
    "image/x-icon",
});

constexpr auto kCompressibleSuffixes =
    std::to_array<std::string_view>({"+json", "+xml", "+text", "+yaml", "+json-seq"});

bool ends_with_lower(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         equals_lower(text.substr(text.size() - lower.size()), lower);
}

bool lists(std::string_view list, std::string_view lower_member) {
  bool found = false;
  for_each_member(
      list, [&](std::string_view member) { found = found || equals_lower(member, lower_member); });
  return found;
}

// Fields of a response after which other bytes would be wrong: it is coded, it is a part, or
// something vouches for the bytes as they are (RFC 9530 section 2).
bool pins_bytes(const Field& field) {
  constexpr auto kNames =
      std::to_array<std::string_view>({"content-encoding", "content-range", "content-digest",
                                       "repr-digest", "digest", "content-md5"});
  const auto names = [&field](std::string_view name) { return equals_lower(field.name, name); };
  return std::any_of(kNames.begin(), kNames.end(), names) ||
         (names("cache-control") && lists(field.value, "no-transform"));
}

bool may_be_transformed(std::span<const Field> fields) {
  return std::none_of(fields.begin(), fields.end(), pins_bytes);
}

bool has_compressible_type(std::span<const Field> fields) {
  return std::any_of(fields.begin(), fields.end(), [](const Field& field) {
    return equals_lower(field.name, "content-type") && is_compressible(field.value);
  });
}

bool varies_already(const Field& field) {
  return equals_lower(field.name, "vary") &&
         (lists(field.value, "accept-encoding") || lists(field.value, "*"));
}

bool is_strong_etag(const Field& field) {
  return equals_lower(field.name, "etag") && field.value.starts_with('"');
}

}  // namespace

std::string_view name_of(Coding coding) {
  switch (coding) {
    case Coding::Gzip:
      return "gzip";
    case Coding::Brotli:
      return "br";
    case Coding::Identity:
      break;
  }
  return "identity";
}

Result<std::vector<Coding>> read_codings(const std::vector<std::string>& names) {
  std::vector<Coding> codings;
  for (const std::string& name : names) {
    if (name != "gzip" && name != "br") {
      return failure("cannot compress with \"" + name + "\": use gzip or br");
    }
    codings.push_back(name == "gzip" ? Coding::Gzip : Coding::Brotli);
  }
  return codings;
}

Coding preferred_coding(const AcceptedCodings& accepted, std::span<const Coding> offered) {
  Coding best = Coding::Identity;
  unsigned best_weight = 0;
  for (const Coding coding : offered) {
    if (weight_of(accepted, coding) > best_weight) {
      best = coding;
      best_weight = weight_of(accepted, coding);
    }
  }
  return best_weight >= accepted.identity ? best : Coding::Identity;
}

bool is_compressible(std::string_view content_type) {
  const std::string_view type = trimmed(content_type.substr(0, content_type.find(';')));
  const auto is_type = [type](std::string_view known) { return equals_lower(type, known); };
  const auto ends_type = [type](std::string_view suffix) { return ends_with_lower(type, suffix); };
  return equals_lower(type.substr(0, 5), "text/") ||
         std::any_of(kCompressibleSuffixes.begin(), kCompressibleSuffixes.end(), ends_type) ||
         std::any_of(kCompressibleTypes.begin(), kCompressibleTypes.end(), is_type);
}

CompressionPlan plan_compression(const CompressionPolicy& policy, const RequestHead& request,
                                 const Response& response, std::optional<std::uint64_t> size) {
  if (!policy.is_on() || !may_be_transformed(response.fields)) {
    return {};
  }
  if (response.status == 304) {
    const Coding wanted = preferred_coding(read_accept_encoding(request), policy.codings);
    return {Coding::Identity, true, wanted != Coding::Identity};
  }
  const bool is_large = !size || *size >= std::max<std::uint64_t>(policy.min_size, 1);
  if (has_no_body(response.status) || response.status == 206 || !is_large ||
      !has_compressible_type(response.fields)) {
    return {};
  }
  const Coding coding = preferred_coding(read_accept_encoding(request), policy.codings);
  return {coding, true, coding != Coding::Identity};
}

void rewrite_fields(std::span<const Field> fields, const CompressionPlan& plan,
                    std::vector<Field>& out, std::string& etag) {
  const bool is_coded = plan.coding != Coding::Identity;
  bool varies = !plan.varies;
  bool weakens = plan.weakens_etag;
  out.clear();
  for (const Field& field : fields) {
    if (is_coded &&
        (equals_lower(field.name, "content-length") || equals_lower(field.name, "accept-ranges"))) {
      continue;
    }
    varies = varies || varies_already(field);
    out.push_back(field);
    if (weakens && is_strong_etag(field)) {
      weakens = false;  // `etag` has room for one; a second one would be wrong anyway.
      etag.assign("W/").append(field.value);
      out.back().value = etag;
    }
  }
  if (is_coded) {
    out.push_back({"Content-Encoding", name_of(plan.coding)});
  }
  if (!varies) {
    out.push_back({"Vary", "Accept-Encoding"});
  }
}

}  // namespace appserver::http
