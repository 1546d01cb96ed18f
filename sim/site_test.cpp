#include "sim/site.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/log.hpp"

namespace perigee::sim {
namespace {

class site : public testing::Test {
 protected:
  site() { log::set_level(log::level::off); }

  /// Whether one of the first 20 seeds breaks a promise whose text starts like this.
  static bool some_seed_breaks(canary bird, std::string_view promise) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const auto o = simulate(seed, bird);
      if (std::ranges::any_of(o.failures, [&](const auto& f) { return f.starts_with(promise); })) return true;
    }
    return false;
  }
};

TEST_F(site, keeps_its_promises) {
  const auto o = simulate(1);
  EXPECT_TRUE(o.failures.empty()) << o.failures.front();
  EXPECT_GT(o.produced, 500U);
}

TEST_F(site, is_the_same_for_the_same_seed) {
  for (const std::uint64_t seed : {2U, 3U}) EXPECT_EQ(simulate(seed).trace, simulate(seed).trace);
  EXPECT_NE(simulate(2).trace, simulate(3).trace);
}

TEST_F(site, sees_an_acknowledgement_before_the_commit) { EXPECT_TRUE(some_seed_breaks(canary::early_ack, "P1")); }

TEST_F(site, sees_forgotten_stamps) { EXPECT_TRUE(some_seed_breaks(canary::unstamped, "P2")); }

}  // namespace
}  // namespace perigee::sim
