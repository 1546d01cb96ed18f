#include "alarm/handed_down.hpp"

#include <gtest/gtest.h>

#include <format>

namespace perigee::alarm {
namespace {

telling some_deed(std::string name) {
  telling t{.node = "edge-1", .name = std::move(name), .what = event::acknowledge, .at = {5000}, .since = {3000}};
  t.by = "ada";
  return t;
}

TEST(handed_down, comes_as_it_went) {
  auto group = telling{.node = "edge-1", .what = event::suppress, .at = {7000}};
  group.with.group = "line-1";
  group.by = "ada";
  auto shelve = some_deed("cold");
  shelve.what = event::shelve;
  shelve.kind = shelving::one_shot;
  shelve.until = {60'000'000'000};
  const std::vector all{some_deed("hot"), group, shelve};
  const auto messages = hand_down(all);
  ASSERT_EQ(messages.size(), 1U);
  const auto back = take_handed_down(messages[0]);
  ASSERT_TRUE(back);
  ASSERT_EQ(back->size(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(to_payload((*back)[i]), to_payload(all[i]));
  EXPECT_TRUE(hand_down({}).empty());
}

TEST(handed_down, much_goes_in_several_messages) {
  std::vector<telling> all;
  for (int i = 0; i < 2000; ++i) all.push_back(some_deed(std::format("alarm-{}", i)));
  std::size_t count = 0;
  const auto messages = hand_down(all);
  EXPECT_GT(messages.size(), 1U);
  for (const auto& each : messages) {
    EXPECT_LE(each.size(), limits::alarm_downlink_bytes_max);
    const auto taken = take_handed_down(each);
    ASSERT_TRUE(taken);
    count += taken->size();
  }
  EXPECT_EQ(count, all.size());
}

TEST(handed_down, what_is_no_deed_is_left_out_and_what_is_cut_is_refused) {
  auto raised = some_deed("hot");
  raised.what = event::activate;
  auto nobody = some_deed("hot");
  nobody.by.clear();
  auto nowhere = some_deed("hot");
  nowhere.node.clear();
  const auto message = hand_down(std::vector{raised, nobody, nowhere, some_deed("hot")})[0];
  EXPECT_EQ(take_handed_down(message)->size(), 1U);
  for (std::size_t n = 0; n < message.size(); ++n) EXPECT_FALSE(take_handed_down(byte_view(message).first(n))) << n;
  auto longer = message;
  longer.push_back(0);
  EXPECT_FALSE(take_handed_down(longer));
  longer = message;
  longer[0] = 2;
  EXPECT_TRUE(is(take_handed_down(longer).error(), errc::unsupported));
  EXPECT_TRUE(is(take_handed_down(byte_buffer(limits::alarm_downlink_bytes_max + 1)).error(), errc::too_large));
}

}  // namespace
}  // namespace perigee::alarm
