#include "http/compressor.h"

#include <algorithm>
#include <array>
#include <brotli/encode.h>
#include <cstddef>
#include <limits>
#include <new>
#include <vector>
#include <zlib.h>

namespace appserver::http {

class Compressor::Engine {
 public:
  Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  virtual ~Engine() = default;
  virtual void append(std::string_view in, std::string& out, Flush flush) = 0;
  virtual void reset() = 0;
};

namespace {

using Flush = Compressor::Flush;

constexpr std::size_t kPiece = 16 * 1024;

class Gzip final : public Compressor::Engine {
 public:
  explicit Gzip(int level) {
    // 32 KiB of window, and 16 for the format of gzip instead of zlib's own (zlib.h, deflateInit2).
    constexpr int kWindowAndFormat = 15 + 16;
    constexpr int kMemory = 8;  // zlib's default.
    if (::deflateInit2(&stream_, level, Z_DEFLATED, kWindowAndFormat, kMemory,
                       Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~Gzip() override { ::deflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  void append(std::string_view in, std::string& out, Flush flush) override {
    // zlib counts in 32 bits; only the last part of a huge piece is flushed.
    constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
    while (in.size() > kMost) {
      deflate(in.substr(0, kMost), out, Z_NO_FLUSH);
      in.remove_prefix(kMost);
    }
    deflate(in, out,
            flush == Flush::Finish ? Z_FINISH
            : flush == Flush::Sync ? Z_SYNC_FLUSH
                                   : Z_NO_FLUSH);
  }

  void reset() override { ::deflateReset(&stream_); }

 private:
  // deflate() has nothing to fail on here: Z_BUF_ERROR only says that there was nothing to do, and
  // room left in the piece says that it is done.
  void deflate(std::string_view in, std::string& out, int flush) {
    std::array<char, kPiece> piece;
    // zlib reads this memory only; its interface is older than const.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(piece.data());
      stream_.avail_out = static_cast<uInt>(piece.size());
      static_cast<void>(::deflate(&stream_, flush));
      out.append(piece.data(), piece.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

  z_stream stream_{};
};

// Keeps the memory of one encoder for the next one: Brotli's cannot be reset, only made anew, and
// asks for the same blocks each time.
class BlockCache {
 public:
  [[nodiscard]] void* take(std::size_t size) {
    const auto fits = [size](const Block& block) {
      return !block.taken && block.size >= size && block.size / 2 <= size;
    };
    auto block = std::find_if(blocks_.begin(), blocks_.end(), fits);
    if (block == blocks_.end()) {
      blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(size), size, false});
      block = blocks_.end() - 1;
    }
    block->taken = true;
    return block->memory.get();
  }

  void give_back(const void* memory) noexcept {
    const auto block = std::find_if(blocks_.begin(), blocks_.end(), [memory](const Block& each) {
      return each.memory.get() == memory;
    });
    if (block != blocks_.end()) {
      block->taken = false;
    }
  }

  // Requires: nothing is taken.
  void keep_at_most(std::size_t bytes) noexcept {
    std::size_t kept = 0;
    for (const Block& block : blocks_) {
      kept += block.size;
    }
    if (kept > bytes) {
      blocks_.clear();
    }
  }

 private:
  struct Block {
    std::unique_ptr<std::byte[]> memory;
    std::size_t size;
    bool taken;
  };
  std::vector<Block> blocks_;
};

class Brotli final : public Compressor::Engine {
 public:
  explicit Brotli(int level) : level_(static_cast<std::uint32_t>(level)) { begin(); }

  void append(std::string_view in, std::string& out, Flush flush) override {
    const BrotliEncoderOperation operation = flush == Flush::Finish ? BROTLI_OPERATION_FINISH
                                             : flush == Flush::Sync ? BROTLI_OPERATION_FLUSH
                                                                    : BROTLI_OPERATION_PROCESS;
    const auto* next_in = reinterpret_cast<const std::uint8_t*>(in.data());
    std::size_t left = in.size();
    std::array<std::uint8_t, kPiece> piece;
    do {
      std::size_t room = piece.size();
      std::uint8_t* next_out = piece.data();
      // The only failure of a well-used encoder is a lack of memory.
      if (BrotliEncoderCompressStream(encoder_.get(), operation, &left, &next_in, &room, &next_out,
                                      nullptr) == BROTLI_FALSE) {
        throw std::bad_alloc();
      }
      out.append(reinterpret_cast<const char*>(piece.data()), piece.size() - room);
    } while (left > 0 || BrotliEncoderHasMoreOutput(encoder_.get()) == BROTLI_TRUE);
  }

  void reset() override {
    constexpr std::size_t kMostKept = 4 * 1024 * 1024;
    encoder_.reset();
    cache_.keep_at_most(kMostKept);
    begin();
  }

 private:
  struct DestroyEncoder {
    void operator()(BrotliEncoderState* encoder) const noexcept {
      BrotliEncoderDestroyInstance(encoder);
    }
  };

  // Brotli reports a null as failure; an exception must not cross its C code.
  static void* allocate(void* cache, std::size_t size) noexcept {
    try {
      return static_cast<BlockCache*>(cache)->take(size);
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }
  static void release(void* cache, void* memory) noexcept {
    static_cast<BlockCache*>(cache)->give_back(memory);
  }

  void begin() {
    // 64 KiB: twice the window of gzip. A larger one finds little more in pages and API answers,
    // and doubles the memory of each stream.
    constexpr std::uint32_t kWindow = 16;
    encoder_.reset(BrotliEncoderCreateInstance(&allocate, &release, &cache_));
    if (encoder_ == nullptr) {
      throw std::bad_alloc();
    }
    BrotliEncoderSetParameter(encoder_.get(), BROTLI_PARAM_QUALITY, level_);
    BrotliEncoderSetParameter(encoder_.get(), BROTLI_PARAM_LGWIN, kWindow);
  }

  std::uint32_t level_;
  BlockCache cache_;  // Outlives the encoder, whose memory it is.
  std::unique_ptr<BrotliEncoderState, DestroyEncoder> encoder_;
};

std::unique_ptr<Compressor::Engine> engine_for(Coding coding, int level) {
  if (coding == Coding::Brotli) {
    return std::make_unique<Brotli>(level);
  }
  return std::make_unique<Gzip>(level);
}

}  // namespace

Compressor::Compressor(Coding coding, int level)
    : coding_(coding), engine_(engine_for(coding, level)) {}

Compressor::~Compressor() = default;

void Compressor::append(std::string_view in, std::string& out, Flush flush) {
  engine_->append(in, out, flush);
}

void Compressor::reset() {
  engine_->reset();
}

}  // namespace appserver::http
