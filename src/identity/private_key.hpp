#pragma once
// Keys of nodes, devices and authorities. OpenSSL does the work and draws the randomness.

#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace perigee::identity {

enum class key_kind { p256, p384, ed25519, rsa_3072 };

/// The half that a certificate shows. A value; copies share one object that does not change.
class public_key {
 public:
  explicit public_key(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}

  /// Lower-case hexadecimal SHA-256 of the SubjectPublicKeyInfo in DER.
  [[nodiscard]] std::string fingerprint() const;
  /// The key identifier of certificates, as 20 bytes in hexadecimal: the leftmost 160 bits of the SHA-256 of the key's
  /// BIT STRING (RFC 7093 2, method 1). What the SKI and AKI of our certificates say, and what names an issuer here.
  [[nodiscard]] std::string key_id() const;
  /// "EC P-256", "Ed25519", "RSA 3072".
  [[nodiscard]] std::string kind() const;
  [[nodiscard]] bool operator==(const public_key& other) const;
  [[nodiscard]] evp_pkey_st* native() const { return key_.get(); }

 private:
  std::shared_ptr<evp_pkey_st> key_;
};

/// A key to sign with, in memory or in a token of which this is the handle. A value, as public_key.
class private_key {
 public:
  explicit private_key(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}

  [[nodiscard]] static result<private_key> generate(key_kind kind);
  /// PKCS#8, encrypted or not, or the older forms of OpenSSL. errc::malformed; errc::refused where it is encrypted and
  /// the passphrase is missing or wrong; refusal::weak_key.
  [[nodiscard]] static result<private_key> from_pem(std::string_view pem, std::string_view passphrase = {});
  /// PKCS#8 (RFC 5958) in PEM. With a passphrase encrypted: PBES2, scrypt (N 16384, r 8, p 1), AES-256-CBC. For the
  /// owner's eyes only. errc::unsupported for a key that does not leave its token.
  [[nodiscard]] result<std::string> to_pem(std::string_view passphrase = {}) const;

  [[nodiscard]] public_key public_half() const { return public_key(key_); }
  [[nodiscard]] evp_pkey_st* native() const { return key_.get(); }

 private:
  std::shared_ptr<evp_pkey_st> key_;
};

/// A key in a token: crypto::find_token_key, which see, and refusal::weak_key.
[[nodiscard]] result<private_key> key_in_token(const std::string& uri, std::string_view passphrase = {});

}  // namespace perigee::identity
