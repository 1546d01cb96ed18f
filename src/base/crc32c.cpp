#include "base/crc32c.hpp"

#include <array>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace perigee {
namespace {

constexpr auto table = [] {
  std::array<std::uint32_t, 256> t{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ ((c & 1) != 0 ? 0x82f63b78U : 0U);
    t[i] = c;
  }
  return t;
}();

std::uint32_t by_table(byte_view bytes, std::uint32_t c) noexcept {
  for (const auto b : bytes) c = (c >> 8) ^ table[(c ^ b) & 0xff];
  return c;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(byte_view bytes, std::uint32_t c) noexcept {
  std::uint64_t wide = c;
  while (bytes.size() >= 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data(), 8);
    wide = _mm_crc32_u64(wide, word);
    bytes = bytes.subspan(8);
  }
  c = static_cast<std::uint32_t>(wide);
  for (const auto b : bytes) c = _mm_crc32_u8(c, b);
  return c;
}
#endif

}  // namespace

std::uint32_t crc32c(byte_view bytes, std::uint32_t seed) noexcept {
#if defined(__x86_64__)
  static const bool fast = __builtin_cpu_supports("sse4.2") != 0;
  if (fast) return ~by_instruction(bytes, ~seed);
#endif
  return ~by_table(bytes, ~seed);
}

}  // namespace perigee
