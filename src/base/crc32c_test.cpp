#include "base/crc32c.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "base/random.hpp"

namespace perigee {
namespace {

byte_buffer filled(std::size_t n, std::uint8_t byte) { return byte_buffer(n, byte); }

/// The definition, a bit at a time: what both fast forms must equal.
std::uint32_t by_definition(byte_view bytes, std::uint32_t seed) {
  auto c = ~seed;
  for (const auto b : bytes) {
    c ^= b;
    for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ ((c & 1) != 0 ? 0x82f63b78U : 0U);
  }
  return ~c;
}

TEST(crc32c, rfc_3720_b_4_vectors) {
  EXPECT_EQ(crc32c(filled(32, 0x00)), 0x8a9136aaU);
  EXPECT_EQ(crc32c(filled(32, 0xff)), 0x62a8ab43U);
  byte_buffer counting(32);
  std::iota(counting.begin(), counting.end(), std::uint8_t{0});
  EXPECT_EQ(crc32c(counting), 0x46dd794eU);
  EXPECT_EQ(crc32c(byte_buffer(counting.rbegin(), counting.rend())), 0x113fdb5cU);
  const byte_buffer read_10_command{0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0, 0, 0, 0,
                                    0x14, 0,    0, 0, 0, 0, 4, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18,
                                    0x28, 0,    0, 0, 0, 0, 0, 0, 2, 0, 0, 0,    0, 0, 0, 0};
  EXPECT_EQ(crc32c(read_10_command), 0xd9963a56U);
}

TEST(crc32c, the_check_value_of_the_catalogue) { EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283U); }

TEST(crc32c, nothing_leaves_the_seed_as_it_is) {
  EXPECT_EQ(crc32c({}), 0U);
  EXPECT_EQ(crc32c({}, 0x12345678U), 0x12345678U);
}

TEST(crc32c, equals_its_definition_at_every_length_alignment_and_seed) {
  prng random(7);
  byte_buffer bytes(80);
  for (auto& b : bytes) b = static_cast<std::uint8_t>(random.next());
  for (std::size_t start = 0; start < 9; ++start) {
    for (std::size_t size = 0; start + size <= bytes.size(); ++size) {
      const auto seed = static_cast<std::uint32_t>(random.next());
      const auto part = byte_view(bytes).subspan(start, size);
      ASSERT_EQ(crc32c(part, seed), by_definition(part, seed)) << "start " << start << " size " << size;
    }
  }
}

TEST(crc32c, a_crc_goes_on_where_it_stopped) {
  const auto text = as_bytes("one reading, then another, then a third");
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(crc32c(text.subspan(cut), crc32c(text.first(cut))), crc32c(text));
  }
}

TEST(crc32c, every_flipped_bit_is_noticed) {
  byte_buffer bytes = to_buffer(as_bytes("a frame of a segment"));
  const auto right = crc32c(bytes);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_NE(crc32c(bytes), right);
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
  }
}

}  // namespace
}  // namespace perigee
