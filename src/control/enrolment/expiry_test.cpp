#include "control/enrolment/expiry.hpp"

#include <gtest/gtest.h>

namespace perigee::control::enrolment {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr timestamp begin{1'800'000'000'000'000'000};

nearness with_left(nanoseconds left, nanoseconds life, upkeep by = upkeep::person) {
  return nearness_of({begin, begin + life}, by, begin + life - left);
}

TEST(expiry, at_30_7_and_1_days) {
  EXPECT_EQ(with_left(days(31), days(365)), nearness::far);
  EXPECT_EQ(with_left(days(30), days(365)), nearness::month);
  EXPECT_EQ(with_left(days(8), days(365)), nearness::month);
  EXPECT_EQ(with_left(days(7), days(365)), nearness::week);
  EXPECT_EQ(with_left(days(1), days(365)), nearness::day);
  EXPECT_EQ(with_left(days(-3), days(365)), nearness::day);
  EXPECT_EQ(with_left(days(30), days(90)), nearness::month);
}

TEST(expiry, a_short_life_has_short_warnings) {
  EXPECT_EQ(with_left(8h + 1s, 24h), nearness::far);
  EXPECT_EQ(with_left(8h, 24h), nearness::month);
  EXPECT_EQ(with_left(112min, 24h), nearness::week);
  EXPECT_EQ(with_left(16min, 24h), nearness::day);
}

// From its begin to its renewal, whenever that is drawn to be, nothing is said; and nothing while it is late but well.
TEST(expiry, one_that_is_renewed_in_time_is_never_near_its_end) {
  for (const nanoseconds life : {nanoseconds(2h), nanoseconds(24h), nanoseconds(days(90)), nanoseconds(days(365))}) {
    for (auto left = life; left > 0s; left -= life / 100)
      EXPECT_EQ(with_left(left, life, upkeep::itself), nearness::far);
    EXPECT_EQ(with_left(0s, life, upkeep::itself), nearness::day);
    EXPECT_EQ(with_left(life / 500, life, upkeep::failing), nearness::day);
  }
}

}  // namespace
}  // namespace perigee::control::enrolment
