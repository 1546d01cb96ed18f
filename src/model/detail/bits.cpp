#include "model/detail/bits.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace perigee::model::detail {
namespace {

constexpr std::size_t frame_numbers = 128;

unsigned width_of(std::span<const std::uint64_t> frame) {
  std::uint64_t any = 0;
  for (const auto x : frame) any |= x;
  return static_cast<unsigned>(std::bit_width(any));
}
std::size_t bytes_of(std::size_t numbers, unsigned width) { return (numbers * width + 7) / 8; }

template <class Span, class F>
void for_each_frame(Span numbers, F f) {
  for (; !numbers.empty(); numbers = numbers.subspan(std::min(numbers.size(), frame_numbers))) {
    f(numbers.first(std::min(numbers.size(), frame_numbers)));
  }
}

/// The frame's bytes with room for whole-word access past the end.
using frame_bytes = std::array<std::uint8_t, frame_numbers * 8 + 16>;

void put(frame_bytes& in, std::size_t bit, std::uint64_t x) {
  const auto shift = bit % 8;
  std::uint64_t word = 0;
  auto* at = in.data() + bit / 8;
  std::memcpy(&word, at, sizeof word);
  word |= x << shift;
  std::memcpy(at, &word, sizeof word);
  if (shift != 0) at[8] = static_cast<std::uint8_t>(at[8] | (x >> (64 - shift)));
}

std::uint64_t take(const frame_bytes& in, std::size_t bit) {
  const auto shift = bit % 8;
  std::uint64_t word = 0;
  const auto* at = in.data() + bit / 8;
  std::memcpy(&word, at, sizeof word);
  word >>= shift;
  return shift == 0 ? word : word | (static_cast<std::uint64_t>(at[8]) << (64 - shift));
}

}  // namespace

std::size_t packed_size(std::span<const std::uint64_t> numbers) {
  std::size_t size = 0;
  for_each_frame(numbers, [&](auto frame) { size += 1 + bytes_of(frame.size(), width_of(frame)); });
  return size;
}

void pack_bits(std::span<const std::uint64_t> numbers, byte_buffer& out) {
  for_each_frame(numbers, [&](auto frame) {
    const auto width = width_of(frame);
    frame_bytes bytes{};
    for (std::size_t i = 0; i < frame.size(); ++i) put(bytes, i * width, frame[i]);
    out.push_back(static_cast<std::uint8_t>(width));
    const auto end = bytes.begin() + static_cast<std::ptrdiff_t>(bytes_of(frame.size(), width));
    out.insert(out.end(), bytes.begin(), end);
  });
}

void unpack_bits(byte_reader& in, std::span<std::uint64_t> into) {
  for_each_frame(into, [&](std::span<std::uint64_t> frame) {
    const unsigned width = in.u8();
    if (width > 64) in.fail();
    const auto packed = in.bytes(bytes_of(frame.size(), in.ok() ? width : 0));
    if (!in.ok()) return;
    frame_bytes bytes;
    std::fill(std::copy(packed.begin(), packed.end(), bytes.begin()), bytes.end(), std::uint8_t{0});
    const auto mask = width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
    for (std::size_t i = 0; i < frame.size(); ++i) frame[i] = take(bytes, i * width) & mask;
  });
}

}  // namespace perigee::model::detail
