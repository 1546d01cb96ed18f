#include "model/chunk.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/crc32c.hpp"
#include "base/limits.hpp"
#include "base/random.hpp"
#include "model/golden_test.hpp"

namespace perigee::model {
namespace {

constexpr std::int64_t start = 1'732'291'200'000'000'000;
constexpr std::int64_t period = 1'000'000'000;

byte_buffer encoded(const std::vector<chunk_row>& rows) {
  chunk_encoder encoder;
  for (const auto& row : rows) EXPECT_TRUE(encoder.add(row));
  byte_buffer out;
  encoder.finish(out);
  EXPECT_EQ(encoder.rows(), 0U);
  return out;
}

/// Equal to the bit: NaNs compare by their payload, -0.0 is not 0.0.
bool same(const value_view& a, const value_view& b) {
  if (a.index() != b.index()) return false;
  if (const auto* x = std::get_if<double>(&a)) {
    return std::bit_cast<std::uint64_t>(*x) == std::bit_cast<std::uint64_t>(std::get<double>(b));
  }
  if (const auto* x = std::get_if<byte_view>(&a)) return as_text(*x) == as_text(std::get<byte_view>(b));
  if (const auto* x = std::get_if<std::string_view>(&a)) return *x == std::get<std::string_view>(b);
  if (const auto* x = std::get_if<std::int64_t>(&a)) return *x == std::get<std::int64_t>(b);
  if (const auto* x = std::get_if<bool>(&a)) return *x == std::get<bool>(b);
  return true;
}

void expect_numbers_back(byte_view bytes, const std::vector<chunk_row>& rows) {
  chunk_decoder decoder;
  const auto numbers = decoder.numbers(bytes);
  ASSERT_TRUE(numbers) << numbers.error().what;
  std::size_t i = 0;
  for (const auto& row : rows) {
    if (!is_number(row.value)) continue;
    ASSERT_LT(i, numbers->values.size());
    EXPECT_EQ(numbers->times_ns[i], row.time.ns) << i;
    EXPECT_TRUE(same(numbers->values[i], number_of(row.value))) << i;
    const auto quality = numbers->qualities.empty() ? 0 : numbers->qualities[i];
    EXPECT_EQ(quality, static_cast<int>(row.quality)) << i;
    ++i;
  }
  EXPECT_EQ(i, numbers->values.size());
}

void expect_back(byte_view bytes, const std::vector<chunk_row>& rows) {
  expect_numbers_back(bytes, rows);
  chunk_decoder decoder;
  std::size_t i = 0;
  const auto decoded = decoder.decode(bytes, [&](const chunk_row& row) {
    ASSERT_LT(i, rows.size());
    EXPECT_EQ(row.time, rows[i].time) << i;
    EXPECT_TRUE(same(row.value, rows[i].value)) << i;
    EXPECT_EQ(row.quality, rows[i].quality) << i;
    ++i;
  });
  EXPECT_TRUE(decoded) << decoded.error().what;
  EXPECT_EQ(i, rows.size());
}

std::vector<chunk_row> regular(std::size_t n, auto value_at) {
  std::vector<chunk_row> rows;
  for (std::size_t i = 0; i < n; ++i) rows.push_back({{start + static_cast<std::int64_t>(i) * period}, value_at(i)});
  return rows;
}

TEST(chunk, comes_back_whatever_its_length) {
  prng random(1);
  for (const std::size_t n : {0U, 1U, 2U, 3U, 127U, 128U, 129U, 1000U, limits::chunk_rows_max}) {
    const auto rows = regular(n, [&](std::size_t) { return static_cast<double>(random.between(-5000, 5000)) / 100; });
    expect_back(encoded(rows), rows);
  }
}

TEST(chunk, every_double_comes_back_to_the_bit) {
  const double odd[] = {0.0,           -0.0,
                        INFINITY,      -INFINITY,
                        std::nan("1"), std::nan("77"),
                        0.1 + 0.2,     1e300,
                        5e-324,        std::numeric_limits<double>::max(),
                        0x1p53,        -0x1p53 - 2,
                        21.5,          1e15,
                        1e-15};
  prng random(2);
  for (int round = 0; round < 50; ++round) {
    const auto share = random.unit();
    const auto rows = regular(300, [&](std::size_t) {
      if (random.chance(share)) return odd[random.below(std::size(odd))];
      if (random.chance(share / 4)) return std::bit_cast<double>(random.next());
      return static_cast<double>(random.between(0, 999)) / 8;
    });
    expect_back(encoded(rows), rows);
  }
}

TEST(chunk, every_whole_number_comes_back) {
  prng random(3);
  for (int round = 0; round < 100; ++round) {
    const auto shift = random.below(64);
    const auto step = static_cast<std::int64_t>(random.below(3) * 1'000'000);
    const auto rows = regular(1 + random.below(400), [&](std::size_t i) {
      const auto drift = static_cast<std::uint64_t>(step) * i;
      return static_cast<std::int64_t>((random.next() >> shift) + drift);
    });
    expect_back(encoded(rows), rows);
  }
}

TEST(chunk, times_may_jump_repeat_and_go_back) {
  prng random(4);
  auto rows = regular(500, [](std::size_t i) { return static_cast<std::int64_t>(i); });
  for (auto& row : rows) {
    if (random.chance(0.1)) row.time.ns = static_cast<std::int64_t>(random.next());
  }
  rows[3].time = rows[2].time;
  rows[4].time.ns = std::numeric_limits<std::int64_t>::min();
  rows[5].time.ns = std::numeric_limits<std::int64_t>::max();
  expect_back(encoded(rows), rows);
}

TEST(chunk, types_and_qualities_may_mix) {
  prng random(5);
  const std::string texts[] = {"open", "shut", "", "stuck"};
  const byte_buffer blob{0, 1, 2, 0xff};
  auto rows = regular(800, [&](std::size_t) -> value_view {
    switch (random.below(6)) {
      case 0: return {};
      case 1: return random.normal();
      case 2: return static_cast<std::int64_t>(random.below(9));
      case 3: return random.chance(0.5);
      case 4: return std::string_view(texts[random.below(4)]);
      default: return byte_view(blob).first(random.below(5));
    }
  });
  for (auto& row : rows) row.quality = static_cast<quality>(random.below(3));
  expect_back(encoded(rows), rows);
}

TEST(chunk, a_regular_series_costs_what_its_values_cost) {
  const auto flat = regular(1000, [](std::size_t) { return 21.5; });
  EXPECT_LT(encoded(flat).size(), 45U);
  prng random(6);
  double walk = 20;
  const auto sensor = regular(1000, [&](std::size_t) {
    walk += random.normal() * 0.05;
    return std::round(walk * 100) / 100;
  });
  EXPECT_LT(encoded(sensor).size(), 900U);  // 16,000 bytes as they are
}

TEST(chunk, full_precision_noise_costs_no_more_than_itself) {
  prng random(7);
  const auto rows = regular(1000, [&](std::size_t) { return random.unit(); });
  EXPECT_LT(encoded(rows).size(), 8050U);
}

TEST(chunk, is_full_at_its_bounds) {
  chunk_encoder encoder;
  for (std::uint32_t i = 0; i < limits::chunk_rows_max; ++i) ASSERT_TRUE(encoder.add({{0}, 1.0}));
  const auto over = encoder.add({{0}, 1.0});
  ASSERT_FALSE(over);
  EXPECT_TRUE(is(over.error(), errc::full));
  byte_buffer out;
  encoder.finish(out);
  const std::string large(limits::chunk_bytes_max, 'x');
  EXPECT_TRUE(encoder.add({{0}, std::string_view(large)}));
  EXPECT_FALSE(encoder.add({{0}, std::string_view("y")}));
}

/// `bytes` with its last four replaced by the CRC of the rest.
byte_buffer with_crc(byte_buffer bytes) {
  bytes.resize(bytes.size() - 4);
  const auto crc = crc32c(bytes);
  byte_writer(bytes).u32(crc);
  return bytes;
}

std::error_code refusal(byte_view bytes) {
  chunk_decoder decoder;
  const auto r = decoder.decode(bytes, [](const chunk_row&) { ADD_FAILURE() << "a row of a refused chunk"; });
  const auto numbers = decoder.numbers(bytes);
  EXPECT_EQ(r.has_value(), numbers.has_value());
  if (r || numbers) return {};
  EXPECT_EQ(numbers.error().code, r.error().code);
  return r.error().code;
}

TEST(chunk, a_flipped_bit_is_found) {
  const auto whole = encoded(regular(50, [](std::size_t i) { return static_cast<double>(i); }));
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    auto bytes = whole;
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
    EXPECT_EQ(refusal(bytes), make_error_code(errc::corrupt)) << bit;
  }
}

TEST(chunk, what_lies_about_itself_is_refused) {
  const auto whole = encoded(regular(50, [](std::size_t i) { return static_cast<double>(i * i); }));
  EXPECT_EQ(refusal(byte_view(whole).first(3)), make_error_code(errc::malformed));
  auto newer = whole;
  newer[0] = 2;
  EXPECT_EQ(refusal(with_crc(newer)), make_error_code(errc::unsupported));
  auto more = whole;
  more[1] = 51;
  EXPECT_EQ(refusal(with_crc(more)), make_error_code(errc::malformed));
  byte_buffer huge{1};
  byte_writer(huge).varint(1ULL << 40);
  byte_writer(huge).u32(0);
  EXPECT_EQ(refusal(with_crc(huge)), make_error_code(errc::too_large));
  auto trailing = whole;
  trailing.push_back(0);
  EXPECT_EQ(refusal(with_crc(trailing)), make_error_code(errc::malformed));
}

TEST(chunk, golden_file_of_version_1) {
  std::vector<chunk_row> rows = regular(20, [](std::size_t i) { return 20 + static_cast<double>(i) / 4; });
  rows.push_back({{start + 30 * period}, {}, quality::bad});
  rows.push_back({{start + 31 * period}, std::int64_t{-5}});
  rows.push_back({{start + 32 * period}, true, quality::uncertain});
  rows.push_back({{start + 33 * period}, std::string_view("open")});
  rows.push_back({{start + 34 * period}, std::nan("7")});
  expect_back(golden("chunk-v1.bin", encoded(rows)), rows);
}

}  // namespace
}  // namespace perigee::model
