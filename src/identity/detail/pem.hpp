#pragma once
// PEM (RFC 7468) around DER, from outside.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace perigee::identity::detail {

/// Whether these bytes are no DER of a certificate or request, which is a SEQUENCE of 128 bytes or more.
[[nodiscard]] bool is_pem(byte_view bytes);

struct pem_block {
  std::string label;  // "CERTIFICATE"
  byte_buffer der;
};
/// The first `blocks_max` blocks with what is around them left out, none where there is none. refusal::malformed;
/// refusal::too_large for a text over limits::identity_pem_bytes_max.
[[nodiscard]] result<std::vector<pem_block>> pem_blocks(byte_view text, std::size_t blocks_max);

/// The DER of one object: the bytes themselves, or the one block of a PEM text, whose label is one of these.
/// refusal::malformed; refusal::too_large for more than `bytes_max` of DER.
[[nodiscard]] result<byte_buffer> one_object(byte_view pem_or_der, std::span<const std::string_view> labels,
                                             std::size_t bytes_max);

}  // namespace perigee::identity::detail
