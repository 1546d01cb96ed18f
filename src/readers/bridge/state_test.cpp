#include "readers/bridge/state.hpp"

#include <gtest/gtest.h>

#include "base/crc32c.hpp"

namespace perigee::readers::bridge {
namespace {

bridge_state sample() {
  bridge_state s;
  s.journal = perigee::epoch(77);
  s.fingerprint = 0x01020304;
  s.lanes[0] = {{{log_offset(5), 2}, 9}, {{log_offset(7), 0}, 12}, log_offset(8)};
  s.lanes[2] = {{{log_offset(500'000'000'000), 0}, 1}, {{log_offset(500'000'000'000), 3}, 4}, log_offset(1)};
  s.subscribed = {"down/#", "x/+"};
  s.receipts = {{7, model::lane::alarm}, {65'535, model::lane::bulk}};
  return s;
}

byte_buffer with_crc(byte_buffer bytes) {
  bytes.resize(bytes.size() - 4);
  byte_writer(bytes).u32(crc32c(bytes));
  return bytes;
}

TEST(bridge_state, comes_back_as_it_was) {
  EXPECT_EQ(decode_state(encode(sample())).value(), sample());
  EXPECT_EQ(decode_state(encode(bridge_state{})).value(), bridge_state{});
}

TEST(bridge_state, has_the_bytes_that_its_page_says) {
  bridge_state s;
  s.journal = perigee::epoch(2);
  s.fingerprint = 3;
  s.lanes[0].completed = {{log_offset(1), 0}, 0};
  s.lanes[0].received = {{log_offset(1), 1}, 1};
  s.subscribed = {"a"};
  s.receipts = {{9, model::lane::event}};
  const byte_buffer expected{1, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0,   1, 1, 1, 0, 0,
                             0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 'a', 1, 9, 0, 1};
  const auto bytes = encode(s);
  ASSERT_EQ(bytes.size(), expected.size() + 4);
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), bytes.begin()));
}

TEST(bridge_state, a_damaged_one_is_refused) {
  const auto good = encode(sample());
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] ^= 0x10;
    EXPECT_FALSE(decode_state(bad)) << i;
    EXPECT_FALSE(decode_state(byte_view(good).first(i))) << i;
  }
}

TEST(bridge_state, what_cannot_be_is_refused_with_a_good_checksum_too) {
  auto behind = sample();
  std::swap(behind.lanes[0].completed, behind.lanes[0].received);
  EXPECT_TRUE(is(decode_state(encode(behind)).error(), errc::corrupt));
  auto newer = encode(sample());
  newer[0] = 2;
  EXPECT_TRUE(is(decode_state(with_crc(newer)).error(), errc::unsupported));
  auto longer = encode(sample());
  longer.insert(longer.end() - 4, 0);
  EXPECT_TRUE(is(decode_state(with_crc(longer)).error(), errc::corrupt));
}

}  // namespace
}  // namespace perigee::readers::bridge
