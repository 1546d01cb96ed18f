#pragma once
// Digests and the keys that a TPM derives from secrets (TPM 2.0 Part 1, 11.4.10).

#include <initializer_list>
#include <string_view>

#include "base/bytes.hpp"
#include "wire/tpm/structures.hpp"

namespace perigee::control::attestation::detail {

/// Of all the parts, one after another. `by` has to be one that wire::tpm::digest_bytes knows.
[[nodiscard]] byte_buffer digest_of(wire::tpm::algorithm by, std::initializer_list<byte_view> parts);
[[nodiscard]] byte_buffer hmac_of(wire::tpm::algorithm by, byte_view key, std::initializer_list<byte_view> parts);
/// KDFa (11.4.10.2): NIST SP 800-108 in counter mode with HMAC.
[[nodiscard]] byte_buffer kdfa(wire::tpm::algorithm by, byte_view key, std::string_view label, byte_view context_u,
                               byte_view context_v, std::uint32_t bits);
/// KDFe (11.4.10.3): NIST SP 800-56A's, for a secret that two ECC keys agree on.
[[nodiscard]] byte_buffer kdfe(wire::tpm::algorithm by, byte_view secret, std::string_view label, byte_view party_u,
                               byte_view party_v, std::uint32_t bits);
/// "sha256"; null for what is no digest of ours.
[[nodiscard]] const char* name_of(wire::tpm::algorithm digest);
/// Lower-case, two digits a byte.
[[nodiscard]] std::string to_hex(byte_view bytes);

}  // namespace perigee::control::attestation::detail
