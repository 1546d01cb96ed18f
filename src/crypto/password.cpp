#include "crypto/password.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <memory>
#include <vector>

#include "base/check.hpp"

namespace perigee::crypto {
namespace {

/// OpenSSL takes some lengths as int. What comes here is bounded far below.
int length_of(byte_view bytes) {
  PG_CHECK(bytes.size() <= INT32_MAX, "a secret is under 2 GiB");
  return static_cast<int>(bytes.size());
}

OSSL_PARAM octets(const char* name, byte_view bytes) {
  // OpenSSL reads through the pointer, and does not write.
  return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(bytes.data()), bytes.size());
}

struct freed {
  void operator()(EVP_KDF* k) const { EVP_KDF_free(k); }
  void operator()(EVP_KDF_CTX* c) const { EVP_KDF_CTX_free(c); }
};

/// RFC 9106 3.1, and sizes that fit into what OpenSSL takes.
bool exists(const argon2_input& of, const argon2_cost& cost, byte_view out) {
  constexpr std::uint32_t lanes_max = (1U << 24) - 1;
  return cost.lanes >= 1 && cost.lanes <= lanes_max && cost.passes >= 1 && cost.memory_kib / 8 >= cost.lanes &&
         of.salt.size() >= 8 && out.size() >= 4;
}

}  // namespace

digest sha256(byte_view text) {
  digest out;
  PG_CHECK(EVP_Digest(text.data(), text.size(), out.data(), nullptr, EVP_sha256(), nullptr) == 1,
           "OpenSSL has SHA-256");
  return out;
}

digest hmac_sha256(byte_view key, byte_view text) {
  constexpr std::uint8_t none = 0;  // OpenSSL takes a null key for "the one of before"
  digest out;
  unsigned size = 0;
  const auto* made =
      HMAC(EVP_sha256(), key.empty() ? &none : key.data(), length_of(key), text.data(), text.size(), out.data(), &size);
  PG_CHECK(made != nullptr && size == out.size(), "HMAC takes any input");
  return out;
}

digest pbkdf2_sha256(byte_view password, byte_view salt, std::uint32_t iterations) {
  PG_CHECK(iterations >= 1 && iterations <= INT32_MAX, "PBKDF2 iterates at least once");
  digest out;
  const auto made =
      PKCS5_PBKDF2_HMAC(reinterpret_cast<const char*>(password.data()), length_of(password), salt.data(),
                        length_of(salt), static_cast<int>(iterations), EVP_sha256(), length_of(out), out.data());
  PG_CHECK(made == 1, "PBKDF2 takes any password and salt");
  return out;
}

result<> argon2id(const argon2_input& of, const argon2_cost& cost, byte_span out) {
  if (!exists(of, cost, out)) return fail(errc::malformed, "Argon2id has no such cost, salt or size");
  const std::unique_ptr<EVP_KDF, freed> kdf(EVP_KDF_fetch(nullptr, "ARGON2ID", nullptr));
  PG_CHECK(kdf != nullptr, "OpenSSL has Argon2id since 3.2");
  const std::unique_ptr<EVP_KDF_CTX, freed> context(EVP_KDF_CTX_new(kdf.get()));
  if (context == nullptr) return fail(errc::full, "no memory to check a password with");
  std::uint32_t memory = cost.memory_kib;
  std::uint32_t passes = cost.passes;
  std::uint32_t lanes = cost.lanes;
  std::uint32_t threads = 1;
  std::vector<OSSL_PARAM> params{octets(OSSL_KDF_PARAM_PASSWORD, of.password.empty() ? as_bytes("") : of.password),
                                 octets(OSSL_KDF_PARAM_SALT, of.salt),
                                 OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_ARGON2_MEMCOST, &memory),
                                 OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_ITER, &passes),
                                 OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_ARGON2_LANES, &lanes),
                                 OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_THREADS, &threads)};
  // OpenSSL refuses an empty one where none is meant.
  if (!of.secret.empty()) params.push_back(octets(OSSL_KDF_PARAM_SECRET, of.secret));
  if (!of.associated.empty()) params.push_back(octets(OSSL_KDF_PARAM_ARGON2_AD, of.associated));
  params.push_back(OSSL_PARAM_construct_end());
  if (EVP_KDF_derive(context.get(), out.data(), out.size(), params.data()) != 1) {
    return fail(errc::full, "no memory to check a password with");
  }
  return {};
}

bool same_secret(byte_view a, byte_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace perigee::crypto
