#pragma once
// What the batch's writer and reader share. docs/formats/record-batch.md.

#include <cstdint>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "model/record.hpp"
#include "model/record_batch.hpp"

namespace perigee::model::detail {

inline constexpr std::uint8_t batch_version = 1;
inline constexpr std::size_t batch_crc_bytes = 4;
/// No section of a batch that an encoder made is larger when unpacked.
inline constexpr std::size_t batch_section_bytes_max = std::size_t{limits::batch_bytes_max} + limits::record_bytes_max;

/// What a sender's records have in common; the columns of a batch are ordered by it, so that neighbours in a column
/// come from one device.
void write_envelope(const record_view& r, byte_buffer& out);
/// False where the bytes are not an envelope. Views into `in`.
[[nodiscard]] bool read_envelope(byte_view in, record_view& out);

void write_header(const batch_header& header, byte_buffer& out);
/// `in` stands behind the header afterwards, on the columns; the CRC is checked and cut off.
[[nodiscard]] result<batch_header> read_header(byte_view block, byte_reader& in);

}  // namespace perigee::model::detail
