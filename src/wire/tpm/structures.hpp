#pragma once
// What a TPM 2.0 says of itself, as bytes from outside: public areas of keys, attestations and signatures. Only the
// form is checked here: what it proves is control/attestation's to find out. Clauses are those of TPM 2.0 Part 2.

#include <cstdint>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace perigee::wire::tpm {

/// TPM_ALG_ID (6.3), those that are spoken here. Others are kept as their number.
enum class algorithm : std::uint16_t {
  rsa = 0x0001,
  sha1 = 0x0004,
  aes = 0x0006,
  sha256 = 0x000B,
  sha384 = 0x000C,
  sha512 = 0x000D,
  null = 0x0010,
  rsassa = 0x0014,
  rsapss = 0x0016,
  ecdsa = 0x0018,
  ecc = 0x0023,
  cfb = 0x0043,
};
/// Bytes of a digest; 0 for what is no digest of ours.
[[nodiscard]] std::size_t digest_bytes(algorithm of);

/// TPMI_ECC_CURVE (6.4).
enum class curve : std::uint16_t { p256 = 0x0003, p384 = 0x0004 };

/// TPMA_OBJECT (8.3).
namespace attribute {
inline constexpr std::uint32_t fixed_tpm = 1U << 1;
inline constexpr std::uint32_t fixed_parent = 1U << 4;
inline constexpr std::uint32_t sensitive_data_origin = 1U << 5;
inline constexpr std::uint32_t user_with_auth = 1U << 6;
inline constexpr std::uint32_t admin_with_policy = 1U << 7;
inline constexpr std::uint32_t no_da = 1U << 10;
inline constexpr std::uint32_t restricted = 1U << 16;
inline constexpr std::uint32_t decrypt = 1U << 17;
inline constexpr std::uint32_t sign = 1U << 18;
}  // namespace attribute

struct rsa_key {
  std::uint16_t bits = 0;
  std::uint32_t exponent = 0;  // 0 is 65537 (12.2.3.5)
  byte_buffer modulus{};
};
struct ecc_key {
  tpm::curve curve{};
  byte_buffer x{};
  byte_buffer y{};
};

/// TPMT_PUBLIC (12.2.4) of an asymmetric key.
struct public_area {
  algorithm name_digest{};
  std::uint32_t attributes = 0;
  algorithm symmetric = algorithm::null;  // of a storage key: what it protects its children with
  std::uint16_t symmetric_bits = 0;
  algorithm symmetric_mode = algorithm::null;
  algorithm scheme = algorithm::null;
  algorithm scheme_digest = algorithm::null;
  std::variant<rsa_key, ecc_key> key{};
  byte_buffer encoded{};  // the TPMT_PUBLIC as it came, which its name is a digest of

  [[nodiscard]] bool has(std::uint32_t all) const { return (attributes & all) == all; }
};
/// A TPM2B_PUBLIC with nothing after it. errc::malformed; errc::unsupported for what is no RSA or ECC key.
[[nodiscard]] result<public_area> read_public(byte_view tpm2b);

/// PCRs of one bank (TPMS_PCR_SELECTION, 10.6.2): bit n is PCR n.
struct pcr_selection {
  algorithm bank{};
  std::uint32_t pcrs = 0;

  bool operator==(const pcr_selection&) const = default;
};

/// TPMS_CLOCK_INFO (10.11.1).
struct clock_info {
  std::uint64_t milliseconds = 0;  // that the TPM has been powered
  std::uint32_t resets = 0;        // starts from nothing: of the machine
  std::uint32_t restarts = 0;      // resumptions since
  bool safe = false;               // the clock has not gone back
};

/// TPMS_QUOTE_INFO (10.12.1).
struct quote_info {
  std::vector<pcr_selection> selected{};
  byte_buffer digest{};  // over the selected PCRs, by the digest of the signature
};
/// TPMS_CERTIFY_INFO (10.12.3).
struct certify_info {
  byte_buffer name{};  // of the key that is certified
};
/// TPMS_ATTEST (10.12.8) of a quote or of a certification.
struct attest {
  byte_buffer signer{};      // the qualified name of the key that signed it
  byte_buffer extra_data{};  // what the caller gave: a nonce
  clock_info clock{};
  std::uint64_t firmware = 0;
  std::variant<quote_info, certify_info> what{};
};
/// A TPMS_ATTEST with nothing after it. errc::malformed, also where its magic is not TPM_GENERATED: then no TPM made
/// it; errc::unsupported for another kind.
[[nodiscard]] result<attest> read_attest(byte_view bytes);

/// TPMT_SIGNATURE (11.3.4).
struct signature {
  algorithm scheme{};
  algorithm digest{};
  byte_buffer r{};  // of RSA the whole signature
  byte_buffer s{};  // of ECDSA
};
/// One with nothing after it. errc::malformed; errc::unsupported for another scheme than RSASSA, RSAPSS and ECDSA.
[[nodiscard]] result<signature> read_signature(byte_view bytes);

}  // namespace perigee::wire::tpm
