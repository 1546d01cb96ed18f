#pragma once
// A revocation list on its way from a parent to its children: docs/formats/revocations.md.

#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "identity/certificate.hpp"

namespace perigee::control::revocation {

/// A list and who signed it. It proves itself, so that whoever carries it need not be believed.
struct handed_list {
  std::vector<identity::certificate> authority;  // the signer's own certificate, then those above it but the root
  byte_buffer list;                              // RFC 5280 5, in DER
};

[[nodiscard]] byte_buffer encode(const handed_list& out);
/// Whether it is what it says, lists::take tells. errc::malformed, errc::too_large; errc::unsupported for a version
/// that this program does not know.
[[nodiscard]] result<handed_list> decode(byte_view in);

}  // namespace perigee::control::revocation
