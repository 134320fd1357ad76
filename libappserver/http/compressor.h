#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/compression.h"

namespace appserver::http {

// Turns a body into its compressed form, piece by piece: gzip (RFC 1952) by zlib, or Brotli (RFC
// 7932) by Google's library. Serves one body after the other; after the first ones of their size a
// further one allocates nothing. Memory is bounded whatever a body's size: 262 KiB for gzip, at
// most 1.8 MiB for Brotli, 2.6 MiB at level 9. Errors: all functions throw std::bad_alloc when
// there is no memory; what was appended then is no complete body. [worker] Single-threaded.
class Compressor {
 public:
  enum class Flush {
    None,    // Collect: what comes out may lag behind by up to a window.
    Sync,    // All that went in can be decoded from what came out; costs a few bytes each time.
    Finish,  // The body ends here.
  };

  // Requires: a coding other than Identity, a level from 1 to 9.
  Compressor(Coding coding, int level);
  ~Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  // Compresses `in` and appends to `out` what is ready. `out` grows by little more than the size of
  // all input that was held back, however well it compresses.
  // Requires: no Finish since the last reset().
  void append(std::string_view in, std::string& out, Flush flush);

  // Forgets the body, finished or not, and begins another one.
  void reset();

  [[nodiscard]] Coding coding() const { return coding_; }

  class Engine;  // One coding's library; known to compressor.cpp only.

 private:
  Coding coding_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace appserver::http
