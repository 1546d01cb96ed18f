#pragma once
// Certificates on their way, as EST hands them out: PKCS #7 that signs nothing and holds certificates alone (RFC 5652
// 5.1, "degenerate"; RFC 7030 4.1.3).

#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "identity/certificate.hpp"

namespace perigee::identity {

/// In DER. errc::io where OpenSSL fails.
[[nodiscard]] result<byte_buffer> make_bundle(std::span<const certificate> all);
/// What is in a bundle in DER, in its order: at least one and at most limits::identity_bundle_certificates_max.
/// refusal::malformed, too_large, chain_too_long, and as certificate::parse.
[[nodiscard]] result<std::vector<certificate>> parse_bundle(byte_view der);

}  // namespace perigee::identity
