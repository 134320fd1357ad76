#pragma once

#include <brotli/decode.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <zlib.h>

#include <doctest/doctest.h>

#include "http/compression.h"

namespace appserver::http::testing {

// What can be read of a compressed body, and whether it has come to its end.
struct Decompressed {
  std::string content;
  bool complete = false;
};

inline Decompressed gunzip(std::string_view bytes) {
  z_stream stream{};
  REQUIRE(::inflateInit2(&stream, 15 + 16) == Z_OK);
  std::string input(bytes);
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  Decompressed result;
  int state = Z_OK;
  while (state == Z_OK) {
    std::string piece(1 << 16, '\0');
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    state = ::inflate(&stream, Z_SYNC_FLUSH);
    result.content.append(piece, 0, piece.size() - stream.avail_out);
  }
  CHECK((state == Z_STREAM_END || state == Z_BUF_ERROR));
  result.complete = state == Z_STREAM_END && stream.avail_in == 0;
  ::inflateEnd(&stream);
  return result;
}

inline Decompressed unbrotli(std::string_view bytes) {
  BrotliDecoderState* decoder = BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
  REQUIRE(decoder != nullptr);
  std::size_t left = bytes.size();
  const auto* next = reinterpret_cast<const std::uint8_t*>(bytes.data());
  Decompressed result;
  auto state = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
  while (state == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) {
    std::string piece(1 << 16, '\0');
    std::size_t room = piece.size();
    auto* out = reinterpret_cast<std::uint8_t*>(piece.data());
    state = BrotliDecoderDecompressStream(decoder, &left, &next, &room, &out, nullptr);
    result.content.append(piece, 0, piece.size() - room);
  }
  CHECK(state != BROTLI_DECODER_RESULT_ERROR);
  result.complete = state == BROTLI_DECODER_RESULT_SUCCESS && left == 0;
  BrotliDecoderDestroyInstance(decoder);
  return result;
}

inline Decompressed decompress(Coding coding, std::string_view bytes) {
  return coding == Coding::Brotli ? unbrotli(bytes) : gunzip(bytes);
}

}  // namespace appserver::http::testing
