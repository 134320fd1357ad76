#include "worker/app_body.h"

#include <exception>
#include <utility>

#include <appserver/abi_async.h>

namespace appserver::worker {

AppSource::AppSource(AppSource&& other) noexcept
    : source_(std::exchange(other.source_, appserver_body_source{})),
      framing_(other.framing_),
      owed_(other.owed_),
      compression_(other.compression_),
      compressor_(std::move(other.compressor_)),
      trailers_(std::move(other.trailers_)) {}

AppSource::~AppSource() {
  if (compressor_ != nullptr && compression_ != nullptr) {
    compression_->give_back(std::move(compressor_));
  }
  if (source_.release != nullptr) {
    source_.release(source_.state);
  }
}

void AppSource::compress(http::BodyCompression& compression, http::Response& head,
                         const http::RequestHead& request) {
  compression_ = &compression;
  compressor_ = compression.stream(head, request);
}

AppSource::Made AppSource::produce(std::string& out) noexcept {
  try {
    return make_next(out);
  } catch (const std::exception&) {  // No memory.
    return Made::Failed;
  }
}

AppSource::Made AppSource::make_next(std::string& out) {
  const std::uint64_t before = written_;
  out_ = &out;
  const int32_t result =
      source_.produce(source_.state, reinterpret_cast<appserver_body_writer*>(this));
  if (result == APPSERVER_STREAM_END) {
    return finish(out);
  }
  const bool waits = result == APPSERVER_STREAM_WAIT;
  if (!waits && (result != APPSERVER_STREAM_MORE || written_ == before)) {
    return Made::Failed;
  }
  if (compressor_ != nullptr && written_ != before) {
    // What the app has said now shall reach the client now.
    append_compressed({}, http::Compressor::Flush::Sync);
  }
  return waits ? Made::Waits : Made::More;
}

AppSource::Made AppSource::finish(std::string& out) {
  if (compressor_ != nullptr) {
    append_compressed({}, http::Compressor::Flush::Finish);
  }
  if (framing_.kind == http::Framing::Kind::Length) {
    return owed_ == 0 ? Made::All : Made::Failed;
  }
  if (framing_.kind == http::Framing::Kind::Chunked) {
    std::vector<http::Field> fields;
    for (const auto& [name, value] : trailers_) {
      fields.push_back({name, value});
    }
    http::append_last_chunk(out, fields);
  }
  return Made::All;
}

int32_t AppSource::write(appserver_body_writer* writer, appserver_str bytes) noexcept {
  auto& self = *reinterpret_cast<AppSource*>(writer);
  try {
    return self.append({bytes.data, bytes.size}) ? APPSERVER_OK : APPSERVER_FAILED;
  } catch (const std::exception&) {  // No memory.
    return APPSERVER_FAILED;
  }
}

bool AppSource::append(std::string_view bytes) {
  written_ += bytes.size();
  if (compressor_ == nullptr) {
    return frame_and_append(bytes);
  }
  append_compressed(bytes, http::Compressor::Flush::None);
  return true;
}

void AppSource::append_compressed(std::string_view bytes, http::Compressor::Flush flush) {
  compressed_.clear();
  compressor_->append(bytes, compressed_, flush);
  frame_and_append(compressed_);
}

bool AppSource::frame_and_append(std::string_view bytes) {
  if (bytes.empty()) {
    return true;
  }
  if (framing_.kind == http::Framing::Kind::Chunked) {
    http::append_chunk(*out_, bytes);
    return true;
  }
  if (framing_.kind == http::Framing::Kind::Length) {
    if (bytes.size() > owed_) {
      return false;  // More than was announced would be read as the next response.
    }
    owed_ -= bytes.size();
  }
  out_->append(bytes);
  return true;
}

int32_t AppSource::trailer(appserver_body_writer* writer, const appserver_header* field) noexcept {
  auto& self = *reinterpret_cast<AppSource*>(writer);
  try {
    const http::Field given{{field->name.data, field->name.size},
                            {field->value.data, field->value.size}};
    if (!http::validate({200, {&given, 1}, {}})) {
      return APPSERVER_FAILED;
    }
    self.trailers_.emplace_back(given.name, given.value);
    return APPSERVER_OK;
  } catch (const std::exception&) {
    return APPSERVER_FAILED;
  }
}

AppSink::AppSink(AppSink&& other) noexcept
    : sink_(std::exchange(other.sink_, appserver_body_sink{})) {}

AppSink& AppSink::operator=(AppSink&& other) noexcept {
  std::swap(sink_, other.sink_);
  return *this;
}

AppSink::~AppSink() {
  if (sink_.release != nullptr) {
    sink_.release(sink_.state);
  }
}

int32_t AppSink::chunk(std::string_view bytes) noexcept {
  return sink_.chunk(sink_.state, {bytes.data(), bytes.size()});
}

int32_t AppSink::end(appserver_exchange* exchange) noexcept {
  return sink_.end(sink_.state, exchange);
}

}  // namespace appserver::worker
