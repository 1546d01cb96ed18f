// What waits for a client that is away or slow, where a bound says how much.

#include <gtest/gtest.h>

#include "doors/mqtt/broker_view.hpp"
#include "doors/mqtt/detail/testing.hpp"

namespace perigee::doors::mqtt {
namespace {

using testing::client;
using testing::client_terms;
using testing::site;
using wire::mqtt::qos;
using lines = std::vector<std::string>;

broker_options bounded(std::uint64_t messages, queue_full when_full) {
  broker_options out{.lanes = {{"alarm/#", model::lane::alarm}}, .saves_state = true, .protocol = {}};
  out.queue = {messages, when_full};
  return out;
}
const auto keeps_newest = bounded(2, queue_full::drop_oldest);
const auto keeps_oldest = bounded(2, queue_full::drop_newest);
const client_terms lasting{.session_expiry_s = 100};
const client_terms resuming{.clean_start = false, .session_expiry_s = 100};

void subscribe_and_leave(site& s, const lines& filters) {
  client viewer(s, "v", lasting);
  for (const auto& each : filters) viewer.subscribe(each);
  viewer.disconnect();
}

void commit(site& s, client& device) {
  s.commit();
  device.exchange();
}

void publish(site& s, std::string_view topic, const lines& payloads, qos with = qos::at_least_once) {
  constexpr std::size_t at_once = 1000;  // fewer than may be unacknowledged
  client device(s, "d");
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    device.publish(topic, payloads[i], with);
    if (i % at_once == 0) commit(s, device);
  }
  s.commit();
}

client_info viewer_of(site& s) { return broker_view(s.core).client("v").value_or(client_info{}); }

TEST(queue, the_oldest_make_room) {
  site s(keeps_newest);
  subscribe_and_leave(s, {"a"});
  publish(s, "a", {"1", "2", "3", "4", "5"});
  publish(s, "b", {"nobody's"});
  publish(s, "a", {"no queue"}, qos::at_most_once);
  EXPECT_EQ(viewer_of(s).waiting, 2U);
  EXPECT_EQ(viewer_of(s).traffic.dropped, 3U);
  client back(s, "v", resuming);
  EXPECT_EQ(back.heard(), (lines{"a 4", "a 5"}));
  EXPECT_EQ(viewer_of(s).waiting, 0U);
  EXPECT_EQ(viewer_of(s).traffic.dropped, 3U);
  publish(s, "a", {"6", "7", "8"});
  back.exchange();
  EXPECT_EQ(back.heard(), (lines{"a 6", "a 7", "a 8"})) << "who keeps up is bounded by nothing";
}

TEST(queue, the_newest_are_dropped_until_the_client_has_caught_up) {
  site s(keeps_oldest);
  subscribe_and_leave(s, {"a"});
  publish(s, "a", {"1", "2", "3", "4"});
  EXPECT_EQ(viewer_of(s).waiting, 2U);
  EXPECT_EQ(viewer_of(s).traffic.dropped, 2U);
  client back(s, "v", resuming);
  EXPECT_EQ(back.heard(), (lines{"a 1", "a 2"}));
  publish(s, "a", {"5"});
  back.exchange();
  EXPECT_EQ(back.heard(), lines{"a 5"});
}

TEST(queue, a_slow_client_has_it_too) {
  site s(keeps_newest);
  auto terms = lasting;
  terms.receive_maximum = 1;
  terms.hold_acks = true;
  client viewer(s, "v", terms);
  viewer.subscribe("a");
  publish(s, "a", {"1", "2", "3", "4"});
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), lines{"a 1"});
  EXPECT_EQ(viewer_of(s).waiting, 2U) << "beside the one in flight";
  viewer.acknowledge_held();
  EXPECT_EQ(viewer.heard(), lines{"a 3"});
  viewer.acknowledge_held();
  EXPECT_EQ(viewer.heard(), lines{"a 4"});
}

TEST(queue, each_lane_has_its_own) {
  site s(keeps_newest);
  subscribe_and_leave(s, {"a", "alarm/#"});
  publish(s, "alarm/x", {"hot"});
  publish(s, "a", {"1", "2", "3"});
  client back(s, "v", resuming);
  EXPECT_EQ(back.heard(), (lines{"alarm/x hot", "a 2", "a 3"}));
}

TEST(queue, is_counted_again_after_a_restart) {
  for (const auto& [terms, expected] :
       {std::pair(keeps_newest, lines{"a 3", "a 4"}), std::pair(keeps_oldest, lines{"a 1", "a 2"})}) {
    site before(terms);
    subscribe_and_leave(before, {"a"});
    publish(before, "a", {"1", "2", "3"});
    before.save();
    site s(terms);
    s.take_over(before);
    EXPECT_EQ(viewer_of(s).waiting, std::nullopt);
    publish(s, "a", {"4"});
    client back(s, "v", resuming);
    EXPECT_EQ(back.heard(), expected);
    EXPECT_EQ(viewer_of(s).traffic.dropped, 2U);
    EXPECT_EQ(viewer_of(s).waiting, 0U);
  }
}

TEST(queue, what_is_not_subscribed_to_any_more_does_not_count) {
  site s(keeps_newest);
  auto terms = lasting;
  terms.receive_maximum = 1;
  terms.hold_acks = true;
  client viewer(s, "v", terms);
  viewer.subscribe("a");
  viewer.subscribe("b");
  publish(s, "a", {"in flight"});
  publish(s, "b", {"1", "2"});
  publish(s, "a", {"1"});
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), lines{"a in flight"});
  EXPECT_EQ(viewer_of(s).traffic.dropped, 1U);
  viewer.unsubscribe("b");
  viewer.acknowledge_held();
  EXPECT_EQ(viewer.heard(), lines{"a 1"}) << "it is the only one, and room for two";
}

TEST(queue, without_a_bound_all_comes) {
  site s(bounded(0, queue_full::drop_oldest));
  subscribe_and_leave(s, {"a"});
  publish(s, "a", lines(5000, "x"));
  EXPECT_EQ(viewer_of(s).waiting, 5000U);
  client back(s, "v", resuming);
  EXPECT_EQ(back.heard().size(), 5000U);
  EXPECT_EQ(viewer_of(s).traffic.dropped, 0U);
}

TEST(queue, a_long_one_is_counted_over_several_turns) {
  constexpr std::size_t many = 30'000;  // more than one turn reads
  const auto terms = bounded(3, queue_full::drop_oldest);
  site before(terms);
  subscribe_and_leave(before, {"a"});
  publish(before, "a", lines(many, "x"));
  before.save();
  site s(terms);
  s.take_over(before);
  client back(s, "v", resuming);
  s.settle();
  back.exchange();
  EXPECT_EQ(back.heard().size(), 3U);
  EXPECT_EQ(viewer_of(s).traffic.dropped, many - 3);
}

}  // namespace
}  // namespace perigee::doors::mqtt
