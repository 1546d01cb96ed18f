// What a lane does when one of its bounds is reached. What it tells of records that go: drops_test.cpp.

#include <gtest/gtest.h>

#include <algorithm>

#include "base/limits.hpp"
#include "journal/fixture_test.hpp"

namespace perigee::journal {
namespace {

TEST(bounds, refuses_at_its_bound_while_a_reader_needs_the_oldest) {
  lane_bench b;
  b.options.bytes_max = 8192;
  ASSERT_TRUE(b.open());
  log_offset needed;
  b.log->on_needed([&] { return needed; });
  result<log_offset> last;
  for (std::uint64_t n = 0; last && n < 1000; ++n) {
    last = b.append(numbered(n));
    b.worker.run_all();
  }
  ASSERT_FALSE(last);
  EXPECT_TRUE(is(last.error(), errc::full));
  EXPECT_EQ(b.log->start(), log_offset(0));
  needed = b.log->committed();
  EXPECT_TRUE(b.append(numbered(0)));
  EXPECT_GT(b.log->start(), log_offset(0));
}

TEST(bounds, keeps_at_most_so_many_records) {
  lane_bench b;
  b.options.records_max = 100;
  b.options.when_full = when_full::drop_oldest;
  ASSERT_TRUE(b.open());
  b.log->on_needed([] { return log_offset(0); });
  for (std::uint64_t n = 0; n < 1000; ++n) {
    ASSERT_TRUE(b.append(numbered(n))) << n;
    b.worker.run_all();
    ASSERT_LE(b.log->committed().value() - b.log->start().value(), 100U);
    const auto least = std::min<std::uint64_t>(n, 75);
    ASSERT_GE(b.log->committed().value() - b.log->start().value(), least) << "whole segments go";
  }
}

TEST(bounds, refuses_one_record_too_many) {
  lane_bench b;
  b.options.records_max = 10;
  ASSERT_TRUE(b.open());
  log_offset needed;
  b.log->on_needed([&] { return needed; });
  b.fill_durably(0, 9, true);
  b.fill(9, 10);
  EXPECT_TRUE(is(b.append(numbered(10)).error(), errc::full)) << "what is staged counts";
  b.worker.run_all();
  EXPECT_TRUE(is(b.append(numbered(10)).error(), errc::full));
  needed = log_offset(9);
  EXPECT_TRUE(b.append(numbered(10)));
}

TEST(bounds, bounds_what_is_staged) {
  lane_bench b;
  ASSERT_TRUE(b.open());
  const auto large = numbered(0, 1U << 20);
  result<log_offset> last;
  int taken = 0;
  for (; last && taken < 20; ++taken) last = b.append(large);
  ASSERT_FALSE(last);
  EXPECT_TRUE(is(last.error(), errc::full));
  EXPECT_LE(taken, 6);
  b.worker.run_all();
  EXPECT_TRUE(b.append(numbered(0, limits::payload_bytes_max))) << "one record alone always fits";
  EXPECT_TRUE(is(b.append(numbered(0, limits::payload_bytes_max + 1)).error(), errc::too_large));
  b.worker.run_all();
  EXPECT_EQ(read_all(*b.log).back().record.payload.size(), limits::payload_bytes_max);
}

TEST(bounds, tells_when_much_is_staged) {
  lane_bench b;
  ASSERT_TRUE(b.open());
  ASSERT_TRUE(b.append(numbered(0)));  // its write has begun and takes nothing more
  const auto staged = [&](std::uint32_t bytes) {
    EXPECT_TRUE(b.append(numbered(0, bytes)));
    return b.log->staging();
  };
  EXPECT_EQ(staged(limits::journal_staged_bytes_max / 8), staging_level::low);
  EXPECT_EQ(staged(limits::journal_staged_bytes_max / 4), staging_level::filling);
  EXPECT_EQ(staged(limits::journal_staged_bytes_max / 4), staging_level::crowded);
  b.worker.run_all();
  EXPECT_EQ(b.log->staging(), staging_level::low);
}

}  // namespace
}  // namespace perigee::journal
