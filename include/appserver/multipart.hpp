#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <appserver/content_type.hpp>
#include <appserver/http_error.hpp>
#include <appserver/multipart_parser.hpp>
#include <appserver/part.hpp>
#include <appserver/request.hpp>
#include <appserver/response.hpp>
#include <appserver/streaming.hpp>

// Forms with files: multipart/form-data (RFC 7578). Small ones as a whole, with parse_multipart();
// large ones as they arrive, with receive_multipart().
namespace appserver {

// The boundary of a multipart body.
// Errors: throws HttpError: 415 when the body is called something else, 400 when it has no
// boundary. [handler]
[[nodiscard]] inline std::string multipart_boundary(const Request& request) {
  if (!has_media_type(request, "multipart/form-data")) {
    throw HttpError(415, "send the form as multipart/form-data");
  }
  std::optional<std::string> boundary =
      parameter_of(request.header("Content-Type").value_or(""), "boundary");
  if (!boundary) {
    throw HttpError(400, "the Content-Type of the multipart body has no usable boundary");
  }
  return std::move(*boundary);
}

// Takes a form in as it arrives: derive from it, and give it to receive_multipart(). The functions
// are called one after the other, on the worker's thread; an exception answers instead of finish()
// (HttpError as itself). Destroyed after finish(), or without it when the client leaves early or
// the form is refused: what was stored until then is to be thrown away.
class MultipartReceiver : public PartVisitor {
 public:
  MultipartReceiver() = default;
  MultipartReceiver(const MultipartReceiver&) = delete;
  MultipartReceiver& operator=(const MultipartReceiver&) = delete;
  virtual ~MultipartReceiver() = default;

  // The form is complete: the answer.
  virtual Response finish() = 0;
  // As BodyReceiver::finish_blocks().
  [[nodiscard]] virtual bool finish_blocks() const { return false; }
};

// Receives the form of this request, for a handler to return:
//   app.post("/photos", [](const appserver::Request& request) {
//     return appserver::receive_multipart(request, std::make_unique<PhotoUpload>());
//   });
// --limit-request-body does not hold, `limits` do.
// Errors: throws HttpError as multipart_boundary(). [handler]
[[nodiscard]] inline std::unique_ptr<BodyReceiver> receive_multipart(
    const Request& request, std::unique_ptr<MultipartReceiver> receiver,
    const MultipartLimits& limits = {}) {
  class Made final : public BodyReceiver {
   public:
    Made(std::string_view boundary, const MultipartLimits& bounds,
         std::unique_ptr<MultipartReceiver> taker)
        : receiver_(std::move(taker)), parser_(boundary, bounds, *receiver_) {}
    void receive(std::string_view bytes) override { parser_.feed(bytes); }
    Response finish() override {
      parser_.finish();
      return receiver_->finish();
    }
    [[nodiscard]] bool finish_blocks() const override { return receiver_->finish_blocks(); }

   private:
    std::unique_ptr<MultipartReceiver> receiver_;
    MultipartParser parser_;
  };
  return std::make_unique<Made>(multipart_boundary(request), limits, std::move(receiver));
}

// A part of a form that was read as a whole.
struct Part {
  PartHead head;
  std::string bytes;
};

// A form that was read as a whole: its parts in order. Owns its text. [any]
struct MultipartForm {
  std::vector<Part> parts;

  // The first part of that name, or null.
  [[nodiscard]] const Part* find(std::string_view name) const noexcept {
    for (const Part& part : parts) {
      if (part.head.name == name) {
        return &part;
      }
    }
    return nullptr;
  }

  // The text of the first part of that name, or nullopt. The view lives as long as the form.
  [[nodiscard]] std::optional<std::string_view> value(std::string_view name) const noexcept {
    const Part* part = find(name);
    return part == nullptr ? std::nullopt : std::optional<std::string_view>(part->bytes);
  }
};

// Reads the whole form in the body of a request.
// Errors: throws HttpError: 415 and 400 for what is no well-formed form, 413 for what is above a
// limit. [handler]
[[nodiscard]] inline MultipartForm parse_multipart(const Request& request,
                                                   const MultipartLimits& limits = {}) {
  class Collecting final : public PartVisitor {
   public:
    explicit Collecting(MultipartForm& form) noexcept : form_(form) {}
    void part_begins(const PartHead& head) override { form_.parts.push_back({head, {}}); }
    void part_data(std::string_view bytes) override { form_.parts.back().bytes.append(bytes); }
    void part_ends() override {}

   private:
    MultipartForm& form_;
  };
  MultipartForm form;
  Collecting visitor(form);
  MultipartParser parser(multipart_boundary(request), limits, visitor);
  parser.feed(request.body());
  parser.finish();
  return form;
}

}  // namespace appserver
