#include "readers/history/sequence_account.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

#include "base/limits.hpp"
#include "base/random.hpp"

namespace perigee::readers::history {
namespace {

using verdict = sequence_account::verdict;

TEST(sequence_account, what_comes_in_order_misses_nothing) {
  sequence_account a;
  for (std::uint64_t n = 1; n <= 1000; ++n) EXPECT_EQ(a.add(n), verdict::fresh);
  EXPECT_EQ(a.seen(), 1000U);
  EXPECT_EQ(a.missing(), 0U);
  EXPECT_EQ(a.highest(), 1000U);
  EXPECT_EQ(a.add(500), verdict::doubled);
  EXPECT_EQ(a.doubled(), 1U);
  EXPECT_EQ(a.seen(), 1000U);
}

TEST(sequence_account, a_hole_is_missing_until_it_is_filled) {
  sequence_account a;
  EXPECT_EQ(a.missing(), 0U);
  a.add(10);
  EXPECT_EQ(a.missing(), 9U);
  for (std::uint64_t n = 9; n >= 1; --n) EXPECT_EQ(a.add(n), verdict::fresh);
  EXPECT_EQ(a.missing(), 0U);
  EXPECT_EQ(a.doubled(), 0U);
}

TEST(sequence_account, agrees_with_a_set_in_any_order) {
  prng random(1);
  for (int round = 0; round < 50; ++round) {
    sequence_account a;
    std::set<std::uint64_t> model;
    std::uint64_t doubled = 0;
    for (int i = 0; i < 400; ++i) {
      const auto n = 1 + random.below(200);
      const bool fresh = model.insert(n).second;
      doubled += fresh ? 0 : 1;
      EXPECT_EQ(a.add(n), fresh ? verdict::fresh : verdict::doubled);
    }
    EXPECT_EQ(a.seen(), model.size());
    EXPECT_EQ(a.doubled(), doubled);
    EXPECT_EQ(a.missing(), *model.rbegin() - model.size());
  }
}

TEST(sequence_account, past_its_bound_the_lowest_hole_stays_missing_and_nothing_is_refused_there) {
  sequence_account a;
  for (std::uint64_t n = 1; n <= limits::history_runs_max + 1; ++n) a.add(n * 2);
  EXPECT_EQ(a.missing(), limits::history_runs_max + 1U);
  EXPECT_EQ(a.add(3), verdict::unjudged);
  EXPECT_EQ(a.missing(), std::uint64_t{limits::history_runs_max});
  EXPECT_EQ(a.add(6), verdict::doubled);
}

TEST(sequence_account, comes_back_as_it_was_kept) {
  prng random(2);
  sequence_account a;
  for (int i = 0; i < 100; ++i) a.add(1 + random.below(300));
  byte_buffer bytes;
  a.encode(bytes);
  auto back = sequence_account::decode(bytes);
  ASSERT_TRUE(back);
  for (std::uint64_t n = 1; n <= 300; ++n) EXPECT_EQ(back->add(n), a.add(n)) << n;
  EXPECT_EQ(back->missing(), a.missing());
  for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(sequence_account::decode(byte_view(bytes).first(n))) << n;
  bytes[0] = 2;
  EXPECT_EQ(sequence_account::decode(bytes).error().code, make_error_code(errc::unsupported));
}

}  // namespace
}  // namespace perigee::readers::history
