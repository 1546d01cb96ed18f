#include "wire/mqtt/text.hpp"

#include <cstdint>
#include <cstring>

namespace perigee::wire::mqtt {
namespace {

bool is_control(std::uint32_t c) { return c < 0x20 || (c >= 0x7f && c < 0xa0); }
bool is_non_character(std::uint32_t c) { return (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe; }

/// Eight bytes of printable ASCII at once; the rest goes the slow way.
bool all_plain(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  constexpr std::uint64_t high = 0x8080808080808080ULL;
  constexpr std::uint64_t ones = 0x0101010101010101ULL;
  const auto below_space = (word - ones * 0x20) & ~word & high;
  const auto is_delete = ((word ^ (ones * 0x7f)) - ones) & ~(word ^ (ones * 0x7f)) & high;
  return ((word & high) | below_space | is_delete) == 0;
}

/// Takes one character off the front; false where it is not one that MQTT allows.
bool take_character(std::string_view& text) {
  const auto lead = static_cast<std::uint8_t>(text.front());
  const std::size_t size = lead < 0x80 ? 1U : lead >= 0xf0 ? 4U : lead >= 0xe0 ? 3U : 2U;
  if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || text.size() < size) return false;
  std::uint32_t c = size == 1 ? lead : lead & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    const auto next = static_cast<std::uint8_t>(text[i]);
    if ((next & 0xc0) != 0x80) return false;
    c = (c << 6) | (next & 0x3f);
  }
  const bool too_long = (size == 3 && c < 0x800) || (size == 4 && c < 0x10000);
  const bool surrogate = c >= 0xd800 && c <= 0xdfff;
  if (too_long || surrogate || c > 0x10ffff || is_control(c) || is_non_character(c)) return false;
  text.remove_prefix(size);
  return true;
}

}  // namespace

bool is_valid_text(std::string_view text) {
  while (!text.empty()) {
    if (text.size() >= 8 && all_plain(text.data())) {
      text.remove_prefix(8);
    } else if (!take_character(text)) {
      return false;
    }
  }
  return true;
}

}  // namespace perigee::wire::mqtt
