#pragma once

#include <memory>
#include <string>
#include <vector>

#include "http/compression.h"
#include "http/compressor.h"
#include "http/field.h"
#include "http/request_head.h"
#include "http/response_writer.h"

namespace appserver::http {

// Compresses the responses of a worker as the policy and the client want it. Make one only when
// the policy is on: then those who do not use compression pay for a null pointer. [worker]
// Single-threaded.
class BodyCompression {
 public:
  // Requires: policy.is_on().
  explicit BodyCompression(CompressionPolicy policy);
  ~BodyCompression() = default;
  BodyCompression(const BodyCompression&) = delete;
  BodyCompression& operator=(const BodyCompression&) = delete;

  // A response whose body is whole, also one to HEAD: its length is that which GET would get.
  // Returns: what to send instead, `response` itself when nothing changes. It views this object
  // and is valid until the next call of any function. A body that would not become smaller is left
  // alone. Allocates nothing in steady state, unless bodies are larger than 64 KiB.
  [[nodiscard]] Response whole(const Response& response, const RequestHead& request);

  // A response whose body comes in pieces. Changes the fields of `head` where they must change;
  // they view this object and are valid until the next call of any function. Returns: what each
  // piece has to pass through, to be given back at the end; null when the body is sent as it is.
  // The length of the compressed body is not known: send it in chunks.
  [[nodiscard]] std::unique_ptr<Compressor> stream(Response& head, const RequestHead& request);
  // Keeps some for later streams. Null is fine.
  void give_back(std::unique_ptr<Compressor> compressor);

 private:
  [[nodiscard]] std::unique_ptr<Compressor> take(Coding coding);

  CompressionPolicy policy_;
  std::vector<std::unique_ptr<Compressor>> idle_;
  std::vector<Field> fields_;
  std::string etag_;
  std::string body_;
};

}  // namespace appserver::http
