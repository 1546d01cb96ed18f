#pragma once
// The bounds of attestation by a TPM 2.0 (promise P6), as base/limits.hpp has the others.

#include <cstdint>

namespace perigee::limits {

// wire/tpm
inline constexpr std::uint32_t tpm_structure_bytes_max = 2048;  // a public area, an attestation, a signature
inline constexpr std::uint32_t tpm_pcr_banks_max = 8;
inline constexpr std::uint32_t tpm_digest_bytes_max = 64;
inline constexpr std::uint32_t tpm_response_bytes_max = 4096;

// control/attestation
inline constexpr std::uint32_t attestation_log_bytes_max = 256U << 10;
inline constexpr std::uint32_t attestation_events_max = 4096;
inline constexpr std::uint32_t attestation_evidence_bytes_max = 512U << 10;  // what is sent of it all, in JSON
inline constexpr std::uint32_t attestation_challenges_max = 1024;            // open, used and expired ones
inline constexpr std::uint32_t attestation_manufacturers_max = 64;           // certificates of makers of TPMs
inline constexpr std::uint32_t attestation_manufacturers_bytes_max = 512U << 10;
inline constexpr std::uint32_t attestation_policy_bytes_max = 256U << 10;
inline constexpr std::uint32_t attestation_rules_max = 64;     // of a policy, for PCRs and for events each
inline constexpr std::uint32_t attestation_digests_max = 256;  // that one rule allows

}  // namespace perigee::limits
