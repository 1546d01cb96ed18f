#include "control/enrolment/renewal_times.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <format>
#include <map>

namespace perigee::control::enrolment {
namespace {

using namespace std::chrono_literals;

constexpr timestamp begin{1'800'000'000'000'000'000};

/// The most renewals in one minute of things that all got their certificate within two minutes.
std::size_t busiest_minute(std::size_t names, nanoseconds life) {
  std::map<std::int64_t, std::size_t> by_minute;
  for (std::size_t i = 0; i < names; ++i) {
    const auto from = begin + nanoseconds(2min) * i / names;
    const auto due = renewal_due(std::format("press-{}", i), {from, from + life});
    ++by_minute[due.ns / nanoseconds(1min).count()];
  }
  return std::ranges::max_element(by_minute, {}, [](const auto& each) { return each.second; })->second;
}

TEST(renewal_times, about_two_thirds_of_life_and_the_same_after_a_restart) {
  for (const nanoseconds life : {nanoseconds(1h), nanoseconds(24h), nanoseconds(std::chrono::days(90))}) {
    nanoseconds sum{0};
    for (int i = 0; i < 1000; ++i) {
      const auto name = std::format("fog-{}", i);
      const validity of{begin, begin + life};
      const auto due = renewal_due(name, of);
      EXPECT_EQ(due, renewal_due(name, of));
      EXPECT_GE(due - begin, life * 7 / 12 - 1s);
      EXPECT_LE(due - begin, life * 9 / 12 + 1s);
      sum += due - begin;
    }
    EXPECT_NEAR(static_cast<double>((sum / 1000).count()), static_cast<double>(life.count()) * 2 / 3,
                static_cast<double>(life.count()) / 100);
  }
  const validity once{begin, begin + 24h};
  const validity next{begin + 16h, begin + 40h};
  EXPECT_NE(renewal_due("fog-1", once) - once.from, renewal_due("fog-1", next) - next.from) << "not the same each time";
}

// A renewal costs its server some milliseconds (docs/identity.md, "What rotation costs"): a minute may have 600 of them
// for 5 % of a core.
TEST(renewal_times, ten_thousand_that_enrolled_at_once_do_not_come_back_at_once) {
  EXPECT_LE(busiest_minute(10'000, 24h), 75U);
  EXPECT_LE(busiest_minute(10'000, std::chrono::days(90)), 10U);
}

TEST(renewal_times, pauses_are_within_the_life) {
  for (const nanoseconds life : {nanoseconds(2h), nanoseconds(24h), nanoseconds(std::chrono::days(3650))}) {
    const auto pauses = pauses_for({begin, begin + life});
    EXPECT_GE(pauses.first, 3s);
    EXPECT_LE(pauses.first, pauses.most);
    EXPECT_LE(pauses.most, life / 4) << "several attempts are left after the first";
  }
}

}  // namespace
}  // namespace perigee::control::enrolment
