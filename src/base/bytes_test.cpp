#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "base/random.hpp"

namespace perigee {
namespace {

constexpr auto u64_max = std::numeric_limits<std::uint64_t>::max();
constexpr auto i64_max = std::numeric_limits<std::int64_t>::max();
constexpr auto i64_min = std::numeric_limits<std::int64_t>::min();

byte_buffer varint_bytes(std::uint64_t x) {
  byte_buffer out;
  byte_writer(out).varint(x);
  return out;
}

TEST(bytes, integers_are_little_endian) {
  byte_buffer out;
  byte_writer w(out);
  w.u8(0x01);
  w.u16(0x0302);
  w.u32(0x07060504);
  w.u64(0x0f0e0d0c0b0a0908);
  ASSERT_EQ(out.size(), 15U);
  for (std::size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i], i + 1);
}

TEST(bytes, reads_back_what_was_written) {
  byte_buffer out;
  byte_writer w(out);
  w.u8(200);
  w.u16(60'000);
  w.u32(4'000'000'000U);
  w.u64(u64_max);
  w.f64(-0.1);
  w.varint(300);
  w.signed_varint(-300);
  w.sized("motor-1");
  w.bytes(as_bytes("tail"));

  byte_reader r(out);
  EXPECT_EQ(r.u8(), 200);
  EXPECT_EQ(r.u16(), 60'000);
  EXPECT_EQ(r.u32(), 4'000'000'000U);
  EXPECT_EQ(r.u64(), u64_max);
  EXPECT_EQ(r.f64(), -0.1);
  EXPECT_EQ(r.varint(), 300U);
  EXPECT_EQ(r.signed_varint(), -300);
  EXPECT_EQ(r.sized_text(), "motor-1");
  EXPECT_EQ(r.remaining(), 4U);
  EXPECT_EQ(as_text(r.bytes(4)), "tail");
  EXPECT_TRUE(r.ok());
  EXPECT_TRUE(r.done());
}

TEST(bytes, a_nan_keeps_its_bits) {
  const auto odd_nan = std::bit_cast<double>(0x7ff8'0000'dead'beefULL);
  byte_buffer out;
  byte_writer(out).f64(odd_nan);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(byte_reader(out).f64()), 0x7ff8'0000'dead'beefULL);
}

TEST(bytes, varint_takes_one_byte_per_seven_bits) {
  EXPECT_EQ(varint_bytes(0), (byte_buffer{0}));
  EXPECT_EQ(varint_bytes(127), (byte_buffer{0x7f}));
  EXPECT_EQ(varint_bytes(128), (byte_buffer{0x80, 0x01}));
  EXPECT_EQ(varint_bytes(300), (byte_buffer{0xac, 0x02}));
  EXPECT_EQ(varint_bytes(u64_max).size(), 10U);
  for (unsigned bits = 1; bits < 64; ++bits) {
    EXPECT_EQ(varint_bytes((std::uint64_t{1} << bits) - 1).size(), (bits + 6) / 7) << bits << " bits";
  }
}

TEST(bytes, varint_round_trips_around_every_power_of_two) {
  for (unsigned bits = 0; bits < 64; ++bits) {
    for (const auto x : {(std::uint64_t{1} << bits) - 1, std::uint64_t{1} << bits, (std::uint64_t{1} << bits) + 1}) {
      const auto encoded = varint_bytes(x);
      byte_reader r(encoded);
      EXPECT_EQ(r.varint(), x);
      EXPECT_TRUE(r.ok() && r.done());
    }
  }
}

TEST(bytes, zigzag_keeps_small_numbers_small) {
  EXPECT_EQ(zigzag(0), 0U);
  EXPECT_EQ(zigzag(-1), 1U);
  EXPECT_EQ(zigzag(1), 2U);
  EXPECT_EQ(zigzag(i64_max), u64_max - 1);
  EXPECT_EQ(zigzag(i64_min), u64_max);
  for (const auto x : {i64_min, i64_min + 1, std::int64_t{-2}, std::int64_t{0}, std::int64_t{2}, i64_max}) {
    EXPECT_EQ(unzigzag(zigzag(x)), x);
  }
}

TEST(hostile_bytes, reading_past_the_end_gives_zero_and_stays_failed) {
  const std::array<std::uint8_t, 3> three{1, 2, 3};
  byte_reader r(three);
  EXPECT_EQ(r.u32(), 0U);
  EXPECT_FALSE(r.ok());
  EXPECT_TRUE(r.done());
  EXPECT_EQ(r.u8(), 0U);
  EXPECT_EQ(r.f64(), 0.0);
  EXPECT_EQ(r.varint(), 0U);
  EXPECT_TRUE(r.sized().empty());
  EXPECT_FALSE(r.ok());
}

TEST(hostile_bytes, a_length_beyond_the_input_is_refused) {
  byte_buffer out;
  byte_writer w(out);
  w.varint(u64_max);
  w.bytes(as_bytes("abc"));
  byte_reader r(out);
  EXPECT_TRUE(r.sized().empty());
  EXPECT_FALSE(r.ok());

  byte_reader one_short(byte_view(out).subspan(10));
  EXPECT_TRUE(one_short.bytes(4).empty());
  EXPECT_FALSE(one_short.ok());
}

TEST(hostile_bytes, a_varint_that_does_not_end_is_refused) {
  const byte_buffer unended{0x80, 0x80};
  byte_reader r(unended);
  EXPECT_EQ(r.varint(), 0U);
  EXPECT_FALSE(r.ok());
}

TEST(hostile_bytes, a_varint_over_64_bits_is_refused_and_nothing_after_it_is_read) {
  byte_buffer too_long(9, 0x80);
  too_long.insert(too_long.end(), {0x02, 0x55});
  byte_reader r(too_long);
  EXPECT_EQ(r.varint(), 0U);
  EXPECT_FALSE(r.ok());
  EXPECT_EQ(r.u8(), 0U);

  const byte_buffer all_ones(11, 0xff);
  byte_reader eleven(all_ones);
  EXPECT_EQ(eleven.varint(), 0U);
  EXPECT_FALSE(eleven.ok());
}

TEST(hostile_bytes, an_empty_input_is_done_but_fine) {
  byte_reader r({});
  EXPECT_TRUE(r.ok() && r.done());
  EXPECT_TRUE(r.bytes(0).empty());
  EXPECT_TRUE(r.ok());
  EXPECT_EQ(r.u8(), 0U);
  EXPECT_FALSE(r.ok());
}

TEST(hostile_bytes, random_input_never_reads_outside) {
  prng random(1);
  for (int round = 0; round < 2000; ++round) {
    byte_buffer input(random.below(24));
    for (auto& b : input) b = static_cast<std::uint8_t>(random.next());
    byte_reader r(input);
    for (int step = 0; step < 12; ++step) {
      const auto before = r.remaining();
      switch (random.below(5)) {
        case 0: r.u16(); break;
        case 1: r.u64(); break;
        case 2: r.signed_varint(); break;
        case 3: r.sized(); break;
        default: r.bytes(random.below(8));
      }
      ASSERT_LE(r.remaining(), before);
      ASSERT_TRUE(r.ok() || r.done());
    }
  }
}

}  // namespace
}  // namespace perigee
