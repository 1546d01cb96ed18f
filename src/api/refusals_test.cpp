#include "api/refusals.hpp"

#include <gtest/gtest.h>

#include <format>

#include "base/people_limits.hpp"

namespace perigee::api {
namespace {

using namespace std::chrono_literals;

refusal by(std::string address, std::string reason = "csrf", bool is_deed = false) {
  return {.address = std::move(address), .reason = std::move(reason), .status = 403, .is_deed = is_deed};
}
constexpr clock::time_point begin{1h};

TEST(refusals, are_told_once_a_minute_for_an_address_and_a_reason) {
  refusals all;
  EXPECT_EQ(all.note(by("a"), begin)->times, 1U);
  EXPECT_FALSE(all.note(by("a"), begin + 1s));
  EXPECT_FALSE(all.note(by("a"), begin + 59s));
  EXPECT_TRUE(all.note(by("b"), begin + 2s));
  EXPECT_TRUE(all.note(by("a", "role"), begin + 2s));
  EXPECT_EQ(all.note(by("a"), begin + 60s)->times, 3U);
}

TEST(refusals, that_were_held_back_are_told_when_nothing_follows) {
  refusals all;
  (void)all.note(by("a"), begin);
  (void)all.note(by("a"), begin + 1s);
  (void)all.note(by("a"), begin + 2s);
  EXPECT_TRUE(all.due(begin + 59s).empty());
  const auto told = all.due(begin + 60s);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].times, 2U);
  EXPECT_FALSE(all.note(by("a"), begin + 61s)) << "it was told at 60 s";
  EXPECT_EQ(all.due(begin + 120s).size(), 1U);
  EXPECT_TRUE(all.due(begin + 180s).empty());
  EXPECT_EQ(all.size(), 0U);
}

TEST(refusals, of_the_audit_are_not_hidden_behind_others) {
  refusals all;
  EXPECT_TRUE(all.note(by("a", "role", false), begin));
  EXPECT_TRUE(all.note(by("a", "role", true), begin));
}

TEST(refusals, of_more_addresses_than_are_remembered_count_as_one) {
  refusals all;
  for (std::uint32_t i = 0; i < limits::people_refusals_noted_max; ++i) {
    EXPECT_TRUE(all.note(by(std::format("{}", i)), begin));
  }
  EXPECT_EQ(all.note(by("more"), begin)->address, "");
  EXPECT_FALSE(all.note(by("still more"), begin));
  EXPECT_EQ(all.size(), limits::people_refusals_noted_max + 1);
  EXPECT_FALSE(all.note(by("7"), begin)) << "who is remembered stays so";
}

}  // namespace
}  // namespace perigee::api
