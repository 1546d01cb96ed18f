#pragma once
// Every bound of Perigee in one place (promise P6). docs/limits.md lists them with the answer when full; tools/tidy checks
// that each is there. Sizes in bytes unless the name says otherwise.

#include <cstdint>

namespace perigee::limits {

// Records
inline constexpr std::uint32_t topic_bytes_max = 1024;
inline constexpr std::uint32_t payload_bytes_max = 8U << 20;
inline constexpr std::uint32_t properties_bytes_max = 65'535;
inline constexpr std::uint32_t source_bytes_max = 255;
inline constexpr std::uint32_t record_bytes_max = payload_bytes_max + properties_bytes_max + 4096;

}  // namespace perigee::limits
