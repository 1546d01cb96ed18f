#include "crypto/digest.hpp"

#include <openssl/evp.h>

#include "base/check.hpp"

namespace perigee::crypto {
namespace {

const EVP_MD* algorithm(digest_kind kind) {
  switch (kind) {
    case digest_kind::md5: return EVP_md5();
    case digest_kind::sha1: return EVP_sha1();
    case digest_kind::sha224: return EVP_sha224();
    case digest_kind::sha256: return EVP_sha256();
    case digest_kind::sha384: return EVP_sha384();
    case digest_kind::sha512: return EVP_sha512();
  }
  return EVP_sha256();
}

}  // namespace

byte_buffer digest(digest_kind kind, byte_view of) {
  byte_buffer out(EVP_MAX_MD_SIZE);
  unsigned int bytes = 0;
  PG_CHECK(EVP_Digest(of.data(), of.size(), out.data(), &bytes, algorithm(kind), nullptr) == 1, "no digest");
  out.resize(bytes);
  return out;
}

std::string to_hex(byte_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const auto one : bytes) {
    out += digits[one >> 4];
    out += digits[one & 0x0f];
  }
  return out;
}

}  // namespace perigee::crypto
