#pragma once
// A TPM in software, for tests: keys of OpenSSL, described and signed as a TPM does it. It can also lie.

#include <openssl/ec.h>

#include <functional>
#include <string>

#include "control/attestation/verifier.hpp"
#include "crypto/openssl.hpp"

namespace perigee::control::attestation {

/// What a key is made with, beside OpenSSL's P-256.
struct key_shape {
  std::uint32_t attributes = 0;
  bool encrypts = false;  // an endorsement key, with AES-128 in CFB mode beneath it
  bool has_scheme = true;
};

class software_key {
 public:
  explicit software_key(key_shape shape);

  [[nodiscard]] byte_buffer public_area() const { return area_; }  // TPM2B_PUBLIC
  [[nodiscard]] tpm_key as_read() const { return *read_key(area_); }
  [[nodiscard]] byte_buffer sign(byte_view bytes) const;  // TPMT_SIGNATURE: ECDSA with SHA-256
  [[nodiscard]] EVP_PKEY* native() const { return key_.get(); }

 private:
  crypto::key_ptr key_;
  byte_buffer area_;
};

class software_tpm {
 public:
  software_tpm();

  software_key endorsement;
  software_key attestation;
  software_key device;
  pcr_values pcrs{};  // of the SHA-256 bank
  byte_buffer log;

  /// Measures something: into the PCR and into the log.
  void measure(std::uint32_t pcr, std::uint32_t type, byte_view data);
  /// Into the PCR alone.
  void extend(std::uint32_t pcr, byte_view digest);

  [[nodiscard]] byte_buffer quote(byte_view nonce, std::uint32_t selected) const;  // TPMS_ATTEST
  [[nodiscard]] byte_buffer certify(const software_key& key, byte_view nonce) const;
  /// What the credential holds; empty where it is not for these keys (TPM 2.0 Part 1, 24.5).
  [[nodiscard]] byte_buffer activate(const credential& sealed) const;
  /// Everything that a good machine of this name sends.
  [[nodiscard]] evidence answer(const challenge& to, const std::string& name) const;
  [[nodiscard]] application apply(const std::string& name) const;
};

/// UEFI_VARIABLE_DATA of SecureBoot.
[[nodiscard]] byte_buffer secure_boot_variable(bool on);

}  // namespace perigee::control::attestation
