#include "alarm/board.hpp"

#include <gtest/gtest.h>

#include <format>

#include "base/limits.hpp"
#include "base/rules_limits.hpp"

namespace perigee::alarm {
namespace {

std::string told(std::string_view name, std::string_view state, std::int64_t since_us, std::string_view more = "") {
  return std::format(R"({{"alarm":"{}","key":"m7","severity":"critical","state":"{}","ts":{},"since":{}{}}})", name,
                     state, since_us, since_us, more);
}

bool apply(board& to, const std::string& payload) { return to.apply("fog-1", as_bytes(payload)); }

TEST(board, an_alarm_is_raised_acknowledged_and_cleared) {
  board b;
  EXPECT_TRUE(apply(b, told("hot", "raised", 5, R"(,"values":{"t":91.5})")));
  const auto& hot = *b.find(1);
  EXPECT_TRUE(hot.raised);
  EXPECT_EQ(hot.node, "fog-1");
  EXPECT_EQ(hot.key, "m7");
  EXPECT_EQ(hot.severity, severity::critical);
  EXPECT_EQ(hot.values, R"({"t":9.15E1})");
  EXPECT_TRUE(apply(b, to_payload(acknowledged(hot, {"ada", "I go and look", {9000}}))));
  ASSERT_TRUE(hot.acknowledged);
  EXPECT_EQ(hot.acknowledged->by, "ada");
  EXPECT_EQ(hot.acknowledged->comment, "I go and look");
  EXPECT_EQ(hot.acknowledged->at, timestamp{9000});
  EXPECT_TRUE(apply(b, told("hot", "cleared", 5)));
  EXPECT_FALSE(hot.raised);
  EXPECT_TRUE(hot.acknowledged) << "it stays known who saw it";
  EXPECT_EQ(b.raised(), 0U);
}

TEST(board, raised_again_nobody_has_seen_it) {
  board b;
  apply(b, told("hot", "raised", 5));
  const auto seen = to_payload(acknowledged(*b.find(1), {"ada", "", {}}));
  apply(b, seen);
  apply(b, told("hot", "cleared", 5));
  EXPECT_TRUE(apply(b, told("hot", "raised", 7)));
  EXPECT_FALSE(b.find(1)->acknowledged);
  EXPECT_EQ(b.find(1)->times_raised, 2U);
  EXPECT_FALSE(apply(b, seen)) << "that was of what was raised before";
  EXPECT_EQ(b.size(), 1U);
}

TEST(board, what_is_told_again_changes_nothing) {
  board b;
  apply(b, told("hot", "raised", 5));
  const auto version = b.version();
  EXPECT_FALSE(apply(b, told("hot", "raised", 5)));
  EXPECT_FALSE(apply(b, told("cold", "cleared", 5))) << "it was never raised here";
  EXPECT_EQ(b.version(), version);
}

TEST(board, a_person_clears_what_does_not_clear_itself) {
  board b;
  apply(b, told("hot", "raised", 5));
  EXPECT_TRUE(apply(b, to_payload(cleared(*b.find(1), "ada", {8000}))));
  EXPECT_EQ(b.find(1)->cleared_by, "ada");
  EXPECT_EQ(b.find(1)->cleared, timestamp{8000});
}

TEST(board, a_parent_speaks_of_its_childs_alarm) {
  board b;
  b.apply("edge-1", as_bytes(told("hot", "raised", 5)));
  b.apply("fog-1", as_bytes(told("hot", "raised", 5)));
  EXPECT_EQ(b.size(), 2U);
  EXPECT_TRUE(apply(b, to_payload(acknowledged(*b.find(1), {"ada", "", {}}))));
  EXPECT_TRUE(b.find(1)->acknowledged);
  EXPECT_FALSE(b.find(2)->acknowledged);
}

TEST(board, the_worst_comes_first) {
  board b;
  apply(b, told("seen", "raised", 9));
  apply(b, to_payload(acknowledged(*b.find(1), {"ada", "", {}})));
  apply(b, told("gone", "raised", 9));
  apply(b, told("gone", "cleared", 9));
  apply(b, R"({"alarm":"mild","severity":"info","state":"raised","ts":9})");
  apply(b, told("older", "raised", 5));
  apply(b, told("newer", "raised", 8));
  std::vector<std::string> names;
  for (const auto* each : b.in_order()) names.push_back(each->name);
  EXPECT_EQ(names, (std::vector<std::string>{"newer", "older", "mild", "seen", "gone"}));
}

TEST(board, what_tells_no_alarm_is_passed_over) {
  const std::string long_name(limits::rule_name_bytes_max + 1, 'x');
  board b;
  for (const std::string& bad :
       {std::string("no json"), std::string("[1]"), std::string("{}"), std::string(R"({"alarm":"a","state":"raised"})"),
        std::string(R"({"alarm":"","state":"raised","ts":1})"), std::string(R"({"alarm":7,"state":"raised","ts":1})"),
        std::string(R"({"alarm":"a","state":"up","ts":1})"), std::string(R"({"alarm":"a","state":"raised","ts":-1})"),
        std::string(R"({"alarm":"a","state":"raised","ts":9223372036854775807})"), told(long_name, "raised", 1),
        std::string(limits::alarm_payload_bytes_max + 1, ' '), std::string(1000, '[')}) {
    EXPECT_FALSE(apply(b, bad)) << bad.substr(0, 80);
  }
  EXPECT_EQ(b.size(), 0U);
}

TEST(board, is_bounded_and_forgets_what_is_cleared_the_longest) {
  board b;
  for (std::uint32_t i = 0; i < limits::alarms_listed_max; ++i) apply(b, told(std::format("a{}", i), "raised", i));
  EXPECT_FALSE(apply(b, told("new", "raised", 1)));
  EXPECT_EQ(b.not_listed(), 1U);
  apply(b, told("a5", "cleared", 100));
  apply(b, told("a3", "cleared", 200));
  EXPECT_TRUE(apply(b, told("new", "raised", 1)));
  EXPECT_EQ(b.size(), limits::alarms_listed_max);
  EXPECT_EQ(b.find(6), nullptr) << "a5";
  EXPECT_NE(b.find(4), nullptr) << "a3";
}

TEST(board, comes_back_as_it_was) {
  board b;
  apply(b, told("hot", "raised", 5, R"(,"values":{"t":91.5})"));
  apply(b, to_payload(acknowledged(*b.find(1), {"ada", "seen", {9000}})));
  apply(b, told("gone", "raised", 5));
  apply(b, told("gone", "cleared", 6));
  byte_buffer bytes;
  b.encode(bytes);
  board back;
  ASSERT_TRUE(back.restore(bytes));
  byte_buffer again;
  back.encode(again);
  EXPECT_EQ(again, bytes);
  EXPECT_EQ(back.find(1)->acknowledged->comment, "seen");
  EXPECT_TRUE(apply(back, told("third", "raised", 5)));
  EXPECT_NE(back.find(3), nullptr) << "numbers go on";
  for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(back.restore(byte_view(bytes).first(n)));
}

}  // namespace
}  // namespace perigee::alarm
