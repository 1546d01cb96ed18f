#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace perigee {

/// CRC-32C (Castagnoli, polynomial 0x1EDC6F41, as in iSCSI: RFC 3720 B.4). `seed` is the CRC of the bytes before.
[[nodiscard]] std::uint32_t crc32c(byte_view bytes, std::uint32_t seed = 0) noexcept;

}  // namespace perigee
