#include "app/sha256.h"

#include <array>
#include <cerrno>
#include <memory>
#include <openssl/evp.h>
#include <unistd.h>
#include <vector>

#include "base/errno_text.h"

namespace appserver::app {
namespace {

constexpr std::size_t kPiece = 256 * 1024;

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

std::string hex(const unsigned char* bytes, std::size_t size) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text += {kDigits[bytes[i] / 16], kDigits[bytes[i] % 16]};
  }
  return text;
}

}  // namespace

Result<std::string> sha256_of(int file) {
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  if (context == nullptr || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) {
    return failure(std::string("the library for digests cannot be used"));
  }
  std::vector<char> piece(kPiece);
  for (off_t at = 0;;) {
    const ssize_t size = ::pread(file, piece.data(), piece.size(), at);
    if (size < 0) {
      return failure("it cannot be read: " + errno_text(errno));
    }
    if (size == 0) {
      break;
    }
    EVP_DigestUpdate(context.get(), piece.data(), static_cast<std::size_t>(size));
    at += size;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned length = 0;
  EVP_DigestFinal_ex(context.get(), digest.data(), &length);
  return hex(digest.data(), length);
}

}  // namespace appserver::app
