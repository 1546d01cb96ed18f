#include "control/attestation/detail/digests.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <format>

#include "base/check.hpp"
#include "crypto/openssl.hpp"

namespace perigee::control::attestation::detail {
namespace {

using wire::tpm::algorithm;

const EVP_MD* method_of(algorithm by) {
  switch (by) {
    case algorithm::sha1: return EVP_sha1();
    case algorithm::sha256: return EVP_sha256();
    case algorithm::sha384: return EVP_sha384();
    case algorithm::sha512: return EVP_sha512();
    default: break;
  }
  PG_CHECK(false, "only digests that are known are computed");
  return nullptr;
}

std::array<std::uint8_t, 4> big_endian(std::uint32_t x) {
  return {static_cast<std::uint8_t>(x >> 24), static_cast<std::uint8_t>(x >> 16), static_cast<std::uint8_t>(x >> 8),
          static_cast<std::uint8_t>(x)};
}

/// A label's end counts (11.4.10.2).
byte_view with_end(std::string_view label) { return {as_bytes(label).data(), label.size() + 1}; }

/// Block after block of `make(counter)` until there are enough bits.
template <class Make>
byte_buffer blocks_until(std::uint32_t bits, Make make) {
  PG_CHECK(bits % 8 == 0, "keys have whole bytes");
  byte_buffer out;
  for (std::uint32_t counter = 1; out.size() < bits / 8; ++counter) {
    const auto block = make(big_endian(counter));
    out.insert(out.end(), block.begin(), block.end());
  }
  out.resize(bits / 8);
  return out;
}

}  // namespace

byte_buffer digest_of(algorithm by, std::initializer_list<byte_view> parts) {
  const std::unique_ptr<EVP_MD_CTX, crypto::freed_by<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  bool good = context && EVP_DigestInit_ex(context.get(), method_of(by), nullptr) == 1;
  for (const auto part : parts) good = good && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  byte_buffer out(wire::tpm::digest_bytes(by));
  PG_CHECK(good && EVP_DigestFinal_ex(context.get(), out.data(), nullptr) == 1, "OpenSSL computes digests");
  return out;
}

byte_buffer hmac_of(algorithm by, byte_view key, std::initializer_list<byte_view> parts) {
  byte_buffer text;
  for (const auto part : parts) text.insert(text.end(), part.begin(), part.end());
  byte_buffer out(wire::tpm::digest_bytes(by));
  unsigned bytes = 0;
  const auto* made =
      HMAC(method_of(by), key.data(), static_cast<int>(key.size()), text.data(), text.size(), out.data(), &bytes);
  PG_CHECK(made != nullptr && bytes == out.size(), "OpenSSL computes HMACs");
  return out;
}

byte_buffer kdfa(algorithm by, byte_view key, std::string_view label, byte_view context_u, byte_view context_v,
                 std::uint32_t bits) {
  return blocks_until(bits, [&](const auto& counter) {
    return hmac_of(by, key, {counter, with_end(label), context_u, context_v, big_endian(bits)});
  });
}

byte_buffer kdfe(algorithm by, byte_view secret, std::string_view label, byte_view party_u, byte_view party_v,
                 std::uint32_t bits) {
  return blocks_until(
      bits, [&](const auto& counter) { return digest_of(by, {counter, secret, with_end(label), party_u, party_v}); });
}

const char* name_of(algorithm digest) {
  switch (digest) {
    case algorithm::sha1: return "sha1";
    case algorithm::sha256: return "sha256";
    case algorithm::sha384: return "sha384";
    case algorithm::sha512: return "sha512";
    default: return nullptr;
  }
}

std::string to_hex(byte_view bytes) {
  std::string out;
  out.reserve(2 * bytes.size());
  for (const auto b : bytes) std::format_to(std::back_inserter(out), "{:02x}", b);
  return out;
}

}  // namespace perigee::control::attestation::detail
