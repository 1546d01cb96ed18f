#pragma once
// Bit packing in frames of 128 numbers: a width byte, then each number in that many bits, lowest first.

#include <cstdint>
#include <span>

#include "base/bytes.hpp"

namespace perigee::model::detail {

[[nodiscard]] std::size_t packed_size(std::span<const std::uint64_t> numbers);
void pack_bits(std::span<const std::uint64_t> numbers, byte_buffer& out);
/// Fills `into`; `in` has failed where the bytes run out or a width is over 64.
void unpack_bits(byte_reader& in, std::span<std::uint64_t> into);

}  // namespace perigee::model::detail
