#include "identity/private_key.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>  // PKCS8_set0_pbe
#include <openssl/rsa.h>

#include <cstring>
#include <format>

#include "base/check.hpp"
#include "base/identity_limits.hpp"
#include "crypto/openssl.hpp"
#include "crypto/password.hpp"
#include "identity/detail/algorithms.hpp"
#include "identity/detail/asn1.hpp"

namespace perigee::identity {
namespace {

using pkcs8_ptr = std::unique_ptr<PKCS8_PRIV_KEY_INFO, crypto::freed_by<PKCS8_PRIV_KEY_INFO_free>>;
using algorithm_ptr = std::unique_ptr<X509_ALGOR, crypto::freed_by<X509_ALGOR_free>>;
using sealed_ptr = std::unique_ptr<X509_SIG, crypto::freed_by<X509_SIG_free>>;

constexpr std::uint64_t scrypt_n = 16'384;  // 16 MiB and about 50 ms for one guess
constexpr std::uint64_t scrypt_r = 8;
constexpr std::uint64_t scrypt_p = 1;
constexpr unsigned rsa_bits = 3072;

/// What OpenSSL asks for a passphrase: it is given the one there is, and never asks a person.
struct passphrase_answer {
  std::string_view passphrase;
  bool asked = false;

  static int give(char* into, int size, int /*writing*/, void* self) {
    auto& answer = *static_cast<passphrase_answer*>(self);
    answer.asked = true;
    if (answer.passphrase.empty() || std::cmp_greater(answer.passphrase.size(), size)) return -1;
    std::memcpy(into, answer.passphrase.data(), answer.passphrase.size());
    return static_cast<int>(answer.passphrase.size());
  }
};

result<> check_passphrase(std::string_view passphrase) {
  if (passphrase.size() > limits::identity_passphrase_bytes_max) {
    return fail(errc::too_large, "a passphrase has at most 1024 bytes");
  }
  return {};
}

sealed_ptr seal(PKCS8_PRIV_KEY_INFO* plain, std::string_view passphrase) {
  algorithm_ptr how(PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), nullptr, 0, nullptr, scrypt_n, scrypt_r, scrypt_p));
  if (!how) return nullptr;
  sealed_ptr out(PKCS8_set0_pbe(passphrase.data(), static_cast<int>(passphrase.size()), plain, how.get()));
  if (out) (void)how.release();  // it is a part of `out` now
  return out;
}

bool write_key(BIO* to, PKCS8_PRIV_KEY_INFO* plain, std::string_view passphrase) {
  if (passphrase.empty()) return PEM_write_bio_PKCS8_PRIV_KEY_INFO(to, plain) == 1;
  const auto sealed = seal(plain, passphrase);
  return sealed != nullptr && PEM_write_bio_PKCS8(to, sealed.get()) == 1;
}

/// The bytes of the BIT STRING in a SubjectPublicKeyInfo.
byte_buffer key_bits(const EVP_PKEY* key) {
  X509_PUBKEY* info = nullptr;
  PG_CHECK(X509_PUBKEY_set(&info, const_cast<EVP_PKEY*>(key)) == 1, "a key has a public form");
  const std::unique_ptr<X509_PUBKEY, crypto::freed_by<X509_PUBKEY_free>> owned(info);
  const unsigned char* bits = nullptr;
  int bytes = 0;
  PG_CHECK(X509_PUBKEY_get0_param(nullptr, &bits, &bytes, nullptr, info) == 1, "a public form has its bits");
  return {bits, bits + bytes};
}

}  // namespace

std::string public_key::fingerprint() const {
  const auto info = crypto::der_of(i2d_PUBKEY, static_cast<const EVP_PKEY*>(key_.get()));
  return detail::to_hex(crypto::sha256(info));
}

std::string public_key::key_id() const {
  constexpr std::size_t bytes = 20;
  const auto digest = crypto::sha256(key_bits(key_.get()));
  return detail::to_hex(byte_view(digest).first(bytes));
}

std::string public_key::kind() const {
  const auto bits = EVP_PKEY_get_bits(key_.get());
  if (EVP_PKEY_is_a(key_.get(), "EC") == 1) return std::format("EC P-{}", bits);
  if (EVP_PKEY_is_a(key_.get(), "RSA") == 1) return std::format("RSA {}", bits);
  return "Ed25519";
}

bool public_key::operator==(const public_key& other) const {
  const crypto::error_queue_scope quiet;
  return EVP_PKEY_eq(key_.get(), other.key_.get()) == 1;
}

result<private_key> private_key::generate(key_kind kind) {
  const crypto::error_queue_scope quiet;
  const auto make = [&]() -> EVP_PKEY* {
    switch (kind) {
      case key_kind::p256: return EVP_EC_gen("P-256");
      case key_kind::p384: return EVP_EC_gen("P-384");
      case key_kind::ed25519: return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
      case key_kind::rsa_3072: break;
    }
    return EVP_RSA_gen(rsa_bits);
  };
  crypto::key_ptr made(make());
  if (!made) return fail(errc::io, "OpenSSL could not make a key");
  return private_key(std::move(made));
}

result<private_key> private_key::from_pem(std::string_view pem, std::string_view passphrase) {
  const crypto::error_queue_scope quiet;
  if (pem.size() > limits::identity_key_bytes_max) return fail(errc::too_large, "a private key has at most 16 KiB");
  PG_TRY_VOID(check_passphrase(passphrase));
  passphrase_answer answer{passphrase};
  crypto::key_ptr read(
      PEM_read_bio_PrivateKey(crypto::reading(as_bytes(pem)).get(), nullptr, passphrase_answer::give, &answer));
  if (!read && answer.asked && passphrase.empty()) {
    return fail(errc::refused, "the private key is encrypted: give its passphrase");
  }
  if (!read && answer.asked) return fail(errc::refused, "this is not the passphrase of the private key");
  if (!read) return fail(errc::malformed, "this is not a private key in PEM");
  PG_TRY_VOID(detail::check_key(read.get()));
  return private_key(std::move(read));
}

result<std::string> private_key::to_pem(std::string_view passphrase) const {
  const crypto::error_queue_scope quiet;
  PG_TRY_VOID(check_passphrase(passphrase));
  const pkcs8_ptr plain(EVP_PKEY2PKCS8(key_.get()));
  if (!plain) return fail(errc::unsupported, "this key does not leave its token");
  const crypto::bio_ptr out(BIO_new(BIO_s_secmem()));  // which is wiped
  if (!out || !write_key(out.get(), plain.get(), passphrase)) return fail(errc::io, "OpenSSL could not write a key");
  return crypto::text_in(out.get());
}

}  // namespace perigee::identity
