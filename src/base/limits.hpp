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
inline constexpr std::uint32_t message_payload_bytes_max = 4U << 20;

// model: chunks, batches and payloads
inline constexpr std::uint32_t chunk_rows_max = 8192;
inline constexpr std::uint32_t chunk_bytes_max = 1U << 20;
inline constexpr std::uint32_t batch_records_max = 16'384;
inline constexpr std::uint32_t batch_bytes_max = 4U << 20;
inline constexpr std::uint32_t batch_record_bytes_max = payload_bytes_max - (128U << 10);
inline constexpr std::uint32_t batch_shapes_max = 256;
inline constexpr std::uint32_t batch_shape_numbers_max = 64;
inline constexpr std::uint32_t batch_depth_max = 8;
inline constexpr std::uint32_t node_name_bytes_max = 128;
inline constexpr std::uint32_t payload_readings_max = 1024;
inline constexpr std::uint32_t payload_depth_max = 16;
inline constexpr std::uint32_t metric_bytes_max = 512;

}  // namespace perigee::limits
