#include "model/gap.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "model/golden_test.hpp"

namespace perigee::model {
namespace {

byte_buffer encoded(const gap& g) {
  byte_buffer out;
  encode_gap(g, out);
  return out;
}

constexpr gap sample{lane::event, log_offset(1'000), log_offset(1'999), 990, gap_reason::age, "plant/+"};

void expect_same(const gap& a, const gap& b) {
  EXPECT_EQ(a.lane, b.lane);
  EXPECT_EQ(a.first, b.first);
  EXPECT_EQ(a.last, b.last);
  EXPECT_EQ(a.count, b.count);
  EXPECT_EQ(a.reason, b.reason);
  EXPECT_EQ(a.topic, b.topic);
}

TEST(gap, comes_back_as_it_went_in) {
  constexpr auto end = std::numeric_limits<std::uint64_t>::max();
  for (const auto& g : {sample, gap{}, gap{lane::bulk, log_offset(0), log_offset(end), end, gap_reason::damaged, ""}}) {
    const auto bytes = encoded(g);
    const auto back = decode_gap(bytes);
    ASSERT_TRUE(back);
    expect_same(*back, g);
  }
}

TEST(gap, keeps_a_reason_of_a_newer_node) {
  auto g = sample;
  g.reason = static_cast<gap_reason>(200);
  const auto bytes = encoded(g);
  const auto back = decode_gap(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->reason, g.reason);
  EXPECT_EQ(name_of(back->reason), "other");
  EXPECT_EQ(name_of(gap_reason::disk_bound), "disk bound");
  EXPECT_EQ(name_of(gap_reason::queue_bound), "queue bound");
}

TEST(gap, refuses_what_is_cut_short_or_too_long) {
  auto bytes = encoded(sample);
  for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(decode_gap(byte_view(bytes).first(n))) << n;
  bytes.push_back(0);
  EXPECT_FALSE(decode_gap(bytes));
}

TEST(gap, refuses_a_newer_version_and_an_unknown_lane) {
  auto bytes = encoded(sample);
  bytes[0] = 2;
  EXPECT_EQ(decode_gap(bytes).error().code, make_error_code(errc::unsupported));
  bytes[0] = 1;
  bytes[1] = 3;
  EXPECT_EQ(decode_gap(bytes).error().code, make_error_code(errc::malformed));
}

TEST(gap, golden_file_of_version_1) {
  const auto then = golden("gap-v1.bin", encoded(sample));
  EXPECT_EQ(then, encoded(sample));
  const auto back = decode_gap(then);
  ASSERT_TRUE(back);
  expect_same(*back, sample);
}

}  // namespace
}  // namespace perigee::model
