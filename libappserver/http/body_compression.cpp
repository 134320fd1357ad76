#include "http/body_compression.h"

#include <algorithm>
#include <utility>

namespace appserver::http {
namespace {

// Some are enough to serve bursts of streams; each holds its memory.
constexpr std::size_t kMostIdle = 4;
constexpr std::size_t kRetainedBody = 64 * 1024;

}  // namespace

BodyCompression::BodyCompression(CompressionPolicy policy) : policy_(std::move(policy)) {
  idle_.reserve(kMostIdle);
}

Response BodyCompression::whole(const Response& response, const RequestHead& request) {
  CompressionPlan plan = plan_compression(policy_, request, response, response.body.size());
  if (!plan.varies) {
    return response;
  }
  Response sent = response;
  if (plan.coding != Coding::Identity) {
    if (body_.capacity() > kRetainedBody) {
      std::string().swap(body_);
    }
    body_.clear();
    auto compressor = take(plan.coding);
    compressor->append(response.body, body_, Compressor::Flush::Finish);
    give_back(std::move(compressor));
    if (body_.size() < response.body.size()) {
      sent.body = body_;
    } else {
      plan = {Coding::Identity, true, false};
    }
  }
  rewrite_fields(response.fields, plan, fields_, etag_);
  sent.fields = fields_;
  return sent;
}

std::unique_ptr<Compressor> BodyCompression::stream(Response& head, const RequestHead& request) {
  const CompressionPlan plan = plan_compression(policy_, request, head, std::nullopt);
  if (!plan.varies) {
    return nullptr;
  }
  rewrite_fields(head.fields, plan, fields_, etag_);
  head.fields = fields_;
  return plan.coding == Coding::Identity ? nullptr : take(plan.coding);
}

std::unique_ptr<Compressor> BodyCompression::take(Coding coding) {
  const auto fits = [coding](const auto& idle) { return idle->coding() == coding; };
  const auto found = std::find_if(idle_.begin(), idle_.end(), fits);
  if (found == idle_.end()) {
    return std::make_unique<Compressor>(coding, policy_.level);
  }
  std::unique_ptr<Compressor> taken = std::move(*found);
  idle_.erase(found);
  taken->reset();
  return taken;
}

void BodyCompression::give_back(std::unique_ptr<Compressor> compressor) {
  if (compressor != nullptr && idle_.size() < kMostIdle) {
    idle_.push_back(std::move(compressor));
  }
}

}  // namespace appserver::http
