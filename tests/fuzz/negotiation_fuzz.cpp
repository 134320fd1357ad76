#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/accept_encoding.h"
#include "http/compression.h"
#include "http/error_body.h"
#include "http/grammar.h"
#include "http/weighted_list.h"
#include "require.h"

// What a client wants of the form of a response: Accept-Encoding and Accept; and what becomes of a
// response's fields then. The input's lines are values: the first two of Accept-Encoding, the third
// of Accept, the others of response fields. Seeds: seeds/negotiation.

namespace {

using namespace appserver::http;
using appserver::fuzz::require;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t end = 0; end != std::string_view::npos; text.remove_prefix(end + 1)) {
    end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      break;
    }
  }
  return lines;
}

std::size_t count(const std::vector<Field>& fields, std::string_view lower_name) {
  return static_cast<std::size_t>(std::count_if(
      fields.begin(), fields.end(),
      [lower_name](const Field& field) { return equals_lower(field.name, lower_name); }));
}

// A second reader of weights must agree: the first member of a name counts, where none has other
// parameters.
void check_weights(const RequestHead& request, const AcceptedCodings& accepted) {
  int gzip = -1;
  for (const Field& field : request.fields) {
    if (field.value.find_first_of(";*") != std::string_view::npos) {
      return;
    }
    for_each_weighted(field.value, [&gzip](std::string_view name, unsigned weight) {
      if (gzip < 0 && (equals_lower(name, "gzip") || equals_lower(name, "x-gzip"))) {
        gzip = static_cast<int>(weight);
      }
    });
  }
  require(accepted.gzip == std::max(gzip, 0));
}

void check_rewriting(const std::vector<Field>& fields, const CompressionPlan& plan) {
  std::vector<Field> once;
  std::string etag;
  rewrite_fields(fields, plan, once, etag);
  const bool is_coded = plan.coding != Coding::Identity;
  if (is_coded) {
    require(count(fields, "content-encoding") == 0 && count(once, "content-encoding") == 1);
    require(count(once, "content-length") == 0);
  }
  require(!plan.varies || count(once, "vary") > 0);
  require(once.size() <= fields.size() + 2);
  std::vector<Field> twice;
  std::string second_etag;
  rewrite_fields(once, {Coding::Identity, plan.varies, plan.weakens_etag}, twice, second_etag);
  require(count(twice, "etag") > 1 || once == twice);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  const std::vector<char> block(input, input + size);
  std::vector<std::string_view> lines = lines_of({block.data(), block.size()});
  lines.resize(std::max<std::size_t>(lines.size(), 3));
  RequestHead request;
  request.fields = {{"Accept-Encoding", lines[0]}, {"accept-encoding", lines[1]}};
  const AcceptedCodings accepted = read_accept_encoding(request);
  check_weights(request, accepted);

  const CompressionPolicy policy{{Coding::Brotli, Coding::Gzip}, 10, 5};
  const Coding preferred = preferred_coding(accepted, policy.codings);
  require(preferred != Coding::Gzip || (accepted.gzip > 0 && accepted.gzip >= accepted.identity));
  require(preferred != Coding::Brotli || (accepted.br > 0 && accepted.br >= accepted.identity));

  constexpr std::string_view kNames[] = {"Content-Type", "Cache-Control",  "Vary",
                                         "ETag",         "Content-Length", "content-encoding"};
  std::vector<Field> fields;
  for (std::size_t i = 3; i < lines.size() && fields.size() < std::size(kNames); ++i) {
    fields.push_back({kNames[fields.size()], lines[i]});
  }
  for (const unsigned status : {200U, 304U}) {
    const CompressionPlan plan = plan_compression(policy, request, {status, fields, ""}, 100);
    require(plan.coding == Coding::Identity || plan.coding == preferred);
    check_rewriting(fields, plan);
  }

  require(!render_error(404, "Nothing.", lines[2], {}).content.empty());
  require(guess_accept({block.data(), block.size()}).size() <= block.size());
  return 0;
}
