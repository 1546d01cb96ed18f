#include "base/time.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "base/random.hpp"

namespace perigee {
namespace {

using namespace std::chrono_literals;

std::int64_t parsed(std::string_view text) {
  const auto t = from_iso8601(text);
  if (!t) ADD_FAILURE() << text << ": " << t.error().text();
  return t ? t->ns : -1;
}

TEST(iso8601, writes_only_the_decimals_it_needs) {
  EXPECT_EQ(to_iso8601({0}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_iso8601({1}), "1970-01-01T00:00:00.000000001Z");
  EXPECT_EQ(to_iso8601({1'500'000'000}), "1970-01-01T00:00:01.5Z");
  EXPECT_EQ(to_iso8601({1'795'341'723'120'000'000}), "2026-11-22T10:02:03.12Z");
}

TEST(iso8601, writes_times_before_the_epoch) {
  EXPECT_EQ(to_iso8601({-1}), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(to_iso8601({-1'000'000'000}), "1969-12-31T23:59:59Z");
}

TEST(iso8601, reads_the_forms_of_rfc_3339) {
  const std::int64_t at = 1'795'341'723'000'000'000;
  EXPECT_EQ(parsed("2026-11-22T10:02:03Z"), at);
  EXPECT_EQ(parsed("2026-11-22t10:02:03z"), at);
  EXPECT_EQ(parsed("2026-11-22 10:02:03"), at);
  EXPECT_EQ(parsed("2026-11-22T11:02:03+01:00"), at);
  EXPECT_EQ(parsed("2026-11-22T04:32:03-05:30"), at);
  EXPECT_EQ(parsed("2026-11-22T10:02:03.5Z"), at + 500'000'000);
  EXPECT_EQ(parsed("2026-11-22T10:02:03,000000001"), at + 1);
}

TEST(iso8601, knows_leap_years) {
  EXPECT_EQ(parsed("2024-02-29T00:00:00Z") + 86'400'000'000'000, parsed("2024-03-01T00:00:00Z"));
  EXPECT_FALSE(from_iso8601("2023-02-29T00:00:00Z"));
  EXPECT_FALSE(from_iso8601("2100-02-29T00:00:00Z"));
  EXPECT_TRUE(from_iso8601("2000-02-29T00:00:00Z"));
}

TEST(iso8601, round_trips) {
  prng random(3);
  const auto reach = std::int64_t{9'000'000'000'000'000'000};
  for (int i = 0; i < 2000; ++i) {
    const timestamp t{random.between(-reach, reach)};
    EXPECT_EQ(parsed(to_iso8601(t)), t.ns) << to_iso8601(t);
  }
}

class not_a_time : public testing::TestWithParam<const char*> {};

TEST_P(not_a_time, is_refused_with_an_example) {
  const auto t = from_iso8601(GetParam());
  ASSERT_FALSE(t) << GetParam();
  EXPECT_TRUE(is(t.error(), errc::malformed));
  EXPECT_NE(t.error().text().find("2026-11-22T10:02:03Z"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(iso8601, not_a_time,
                         testing::Values("", "2026", "2026-11-22", "2026-11-22T10:02", "26-11-22T10:02:03Z",
                                         "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-11-31T00:00:00Z",
                                         "2026-11-22T24:00:00Z", "2026-11-22T10:60:00Z", "2026-11-22T10:02:60Z",
                                         "2026-11-22T-1:02:03Z", "2026-11-22T10:-2:03Z", "2026--1-22T10:02:03Z",
                                         "2026-11-22T10:02:03.Z", "2026-11-22T10:02:03.1234567890Z",
                                         "2026-11-22T10:02:03+0100", "2026-11-22T10:02:03+24:00",
                                         "2026-11-22T10:02:03+-1:00", "2026-11-22T10:02:03ZZ", "2026-11-22T10:02:03Z ",
                                         " 2026-11-22T10:02:03Z", "1677-11-22T10:02:03Z", "2262-01-01T00:00:00Z",
                                         "2026/11/22T10:02:03Z", "2026-11-22T10:02:0x"));

TEST(timestamp, moves_by_durations) {
  constexpr timestamp t{1'000};
  EXPECT_EQ((t + 5ns).ns, 1'005);
  EXPECT_EQ((t - 1us).ns, 0);
  EXPECT_EQ(t + 5ns - t, 5ns);
  EXPECT_LT(t, t + 1ns);
}

class hand_moved final : public time_source {
 public:
  nanoseconds monotonic() const noexcept override { return since_start; }
  timestamp wall() const noexcept override { return timestamp{0} + since_start + 1h; }
  bool simulated() const noexcept override { return true; }

  nanoseconds since_start = 0ns;
};

TEST(clock, tells_the_time_of_what_is_installed) {
  static hand_moved source;  // a clock cannot be taken out again
  clock::install(source);
  const auto before = clock::now();
  source.since_start += 3s;
  EXPECT_EQ(clock::now() - before, 3s);
  EXPECT_EQ(clock::wall(), timestamp{} + 1h + source.since_start);
  EXPECT_TRUE(clock::simulated());
}

}  // namespace
}  // namespace perigee
