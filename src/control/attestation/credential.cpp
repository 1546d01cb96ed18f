#include "control/attestation/credential.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "base/check.hpp"
#include "control/attestation/detail/digests.hpp"
#include "crypto/openssl.hpp"

namespace perigee::control::attestation {
namespace {

using wire::tpm::algorithm;

using key_context_ptr = std::unique_ptr<EVP_PKEY_CTX, crypto::freed_by<EVP_PKEY_CTX_free>>;
using cipher_context_ptr = std::unique_ptr<EVP_CIPHER_CTX, crypto::freed_by<EVP_CIPHER_CTX_free>>;

constexpr std::string_view identity_label = "IDENTITY";  // 24.2, 24.3

void append(byte_buffer& to, byte_view bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

byte_buffer sized(byte_view bytes) {
  byte_buffer out{static_cast<std::uint8_t>(bytes.size() >> 8), static_cast<std::uint8_t>(bytes.size())};
  append(out, bytes);
  return out;
}

/// What both sides derive the credential's keys from, and how the TPM gets it.
struct shared_seed {
  byte_buffer seed;
  byte_buffer encrypted;  // TPM2B_ENCRYPTED_SECRET
};

/// Part 1, B.10.4: a random seed, encrypted by OAEP with the label.
outcome<shared_seed> seed_for_rsa(const tpm_key& to) {
  const auto* digest = detail::name_of(to.area.name_digest);
  byte_buffer seed(wire::tpm::digest_bytes(to.area.name_digest));
  PG_CHECK(RAND_bytes(seed.data(), static_cast<int>(seed.size())) == 1, "OpenSSL has randomness");
  const key_context_ptr context(EVP_PKEY_CTX_new_from_pkey(nullptr, to.key.native(), nullptr));
  byte_buffer label = to_buffer(as_bytes(identity_label));
  label.push_back(0);  // its end counts
  const OSSL_PARAM how[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, const_cast<char*>("oaep"), 0),
      OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, const_cast<char*>(digest), 0),
      OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, const_cast<char*>(digest), 0),
      OSSL_PARAM_construct_octet_string(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL, label.data(), label.size()),
      OSSL_PARAM_construct_end()};
  byte_buffer encrypted(static_cast<std::size_t>(EVP_PKEY_get_size(to.key.native())));
  auto bytes = encrypted.size();
  if (!context || EVP_PKEY_encrypt_init_ex(context.get(), how) != 1 ||
      EVP_PKEY_encrypt(context.get(), encrypted.data(), &bytes, seed.data(), seed.size()) != 1) {
    return refuse(refusal::malformed_key, "the endorsement key encrypts nothing");
  }
  encrypted.resize(bytes);
  return shared_seed{std::move(seed), sized(encrypted)};
}

/// A coordinate of a public key, with zeros in front, as long as the curve's field.
byte_buffer coordinate(const EVP_PKEY* of, const char* name) {
  BIGNUM* number = nullptr;
  PG_CHECK(EVP_PKEY_get_bn_param(of, name, &number) == 1, "a point has two coordinates");
  const crypto::number_ptr owned(number);
  byte_buffer out((static_cast<std::size_t>(EVP_PKEY_get_bits(of)) + 7) / 8);
  PG_CHECK(BN_bn2binpad(number, out.data(), static_cast<int>(out.size())) > 0, "a coordinate fits its field");
  return out;
}

/// Part 1, C.6.4: a key of one use agrees with the endorsement key, and the TPM gets its public point.
outcome<shared_seed> seed_for_ecc(const tpm_key& to) {
  auto* const theirs = to.key.native();
  const bool small = EVP_PKEY_get_bits(theirs) == 256;
  const crypto::key_ptr once(EVP_EC_gen(small ? "P-256" : "P-384"));
  const key_context_ptr context(EVP_PKEY_CTX_new_from_pkey(nullptr, once.get(), nullptr));
  byte_buffer agreed((static_cast<std::size_t>(EVP_PKEY_get_bits(theirs)) + 7) / 8);
  auto bytes = agreed.size();
  if (!context || EVP_PKEY_derive_init(context.get()) != 1 || EVP_PKEY_derive_set_peer(context.get(), theirs) != 1 ||
      EVP_PKEY_derive(context.get(), agreed.data(), &bytes) != 1 || bytes != agreed.size()) {
    return refuse(refusal::malformed_key, "the endorsement key agrees on nothing");
  }
  const auto x = coordinate(once.get(), OSSL_PKEY_PARAM_EC_PUB_X);
  const auto by = to.area.name_digest;
  const auto bits = static_cast<std::uint32_t>(8 * wire::tpm::digest_bytes(by));
  auto point = sized(x);
  append(point, sized(coordinate(once.get(), OSSL_PKEY_PARAM_EC_PUB_Y)));
  return shared_seed{detail::kdfe(by, agreed, identity_label, x, coordinate(theirs, OSSL_PKEY_PARAM_EC_PUB_X), bits),
                     sized(point)};
}

byte_buffer encrypt_aes_cfb(byte_view key, byte_view plain) {
  const cipher_context_ptr context(EVP_CIPHER_CTX_new());
  const std::uint8_t zeros[16] = {};  // 24.4: each key is used once
  const auto* cipher = key.size() == 16 ? EVP_aes_128_cfb128() : EVP_aes_256_cfb128();
  byte_buffer out(plain.size());
  int bytes = 0;
  const bool good =
      context && EVP_EncryptInit_ex(context.get(), cipher, nullptr, key.data(), zeros) == 1 &&
      EVP_EncryptUpdate(context.get(), out.data(), &bytes, plain.data(), static_cast<int>(plain.size())) == 1;
  PG_CHECK(good && std::cmp_equal(bytes, out.size()), "OpenSSL encrypts with AES");
  return out;
}

}  // namespace

outcome<credential> make_credential(const tpm_key& endorsement, byte_view name, byte_view secret) {
  const crypto::error_queue_scope quiet;
  PG_TRY_VOID(check_endorsement_key(endorsement));
  const auto by = endorsement.area.name_digest;
  PG_CHECK(secret.size() <= wire::tpm::digest_bytes(by), "a credential is no longer than a digest");
  const bool is_rsa = std::holds_alternative<wire::tpm::rsa_key>(endorsement.area.key);
  PG_TRY(const auto shared, is_rsa ? seed_for_rsa(endorsement) : seed_for_ecc(endorsement));
  const auto key = detail::kdfa(by, shared.seed, "STORAGE", name, {}, endorsement.area.symmetric_bits);
  const auto encrypted = encrypt_aes_cfb(key, sized(secret));
  const auto hmac_bits = static_cast<std::uint32_t>(8 * wire::tpm::digest_bytes(by));
  const auto hmac_key = detail::kdfa(by, shared.seed, "INTEGRITY", {}, {}, hmac_bits);
  auto inside = sized(detail::hmac_of(by, hmac_key, {encrypted, name}));
  append(inside, encrypted);
  return credential{sized(inside), shared.encrypted};
}

}  // namespace perigee::control::attestation
