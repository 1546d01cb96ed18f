// Messages that go to subscribers ahead of their commit: QoS 0, and all of a lane whose durability is `memory`.

#include <gtest/gtest.h>

#include <set>

#include "base/limits.hpp"
#include "base/random.hpp"
#include "doors/mqtt/detail/live_ranges.hpp"
#include "doors/mqtt/detail/shared_packets.hpp"
#include "doors/mqtt/detail/testing.hpp"

namespace perigee::doors::mqtt::testing {
namespace {

using lines = std::vector<std::string>;
using wire::mqtt::qos;

constexpr auto qos_0 = qos::at_most_once;

TEST(a_message_of_qos_0, reaches_its_subscribers_before_its_commit_and_once) {
  site at;
  client viewer(at, "viewer");
  viewer.subscribe("a/#");
  client device(at, "device");
  device.publish("a/1", "x", qos_0);
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), (lines{"a/1 x"}));
  at.commit();
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), lines{});
  EXPECT_EQ(at.log.records().size(), 1U) << "rules, history and the uplink read it in the journal";
}

TEST(a_message_of_qos_0, goes_ahead_of_one_that_waits_for_its_commit) {
  site at;
  client viewer(at, "viewer");
  viewer.subscribe("a");
  client device(at, "device");
  device.publish("a", "kept 1");
  device.publish("a", "fleeting 2", qos_0);
  device.publish("a", "kept 3");
  device.publish("a", "fleeting 4", qos_0);
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), (lines{"a fleeting 2", "a fleeting 4"}));
  at.commit();
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), (lines{"a kept 1", "a kept 3"}));
}

TEST(a_message_of_qos_0, is_not_told_to_who_subscribes_behind_it) {
  site at;
  client device(at, "device");
  device.publish("a", "before", qos_0);
  client viewer(at, "viewer");
  viewer.subscribe("a");
  at.commit();
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), lines{});
}

TEST(a_message_of_qos_0, is_retained_at_once) {
  site at;
  client device(at, "device");
  device.publish("a", "state", qos_0, true);
  client viewer(at, "viewer");
  viewer.subscribe("a");
  EXPECT_EQ(viewer.heard(), (lines{"a state retained"}));
}

TEST(a_message_of_qos_0, overtakes_those_that_its_subscriber_has_no_room_for) {
  site at;
  client viewer(at, "viewer", {.receive_maximum = 1, .hold_acks = true});
  viewer.subscribe("a");
  client device(at, "device");
  device.publish("a", "1");
  device.publish("a", "2");
  at.commit();
  device.publish("a", "now", qos_0);
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), (lines{"a 1", "a now"}));
  viewer.acknowledge_held();
  EXPECT_EQ(viewer.heard(), (lines{"a 2"}));
}

TEST(a_message_of_qos_0, waits_its_turn_where_too_many_went_ahead) {
  site at;
  client viewer(at, "viewer");
  viewer.subscribe("a");
  client device(at, "device");
  model::record_view between;  // a rule's, say
  between.topic = "b";
  for (std::uint32_t i = 0; i < limits::mqtt_live_ranges_max; ++i) {
    ASSERT_TRUE(at.log.append(between));
    device.publish("a", "ahead", qos_0);
  }
  ASSERT_TRUE(at.log.append(between));
  device.publish("a", "last", qos_0);
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), lines(limits::mqtt_live_ranges_max, "a ahead"));
  at.commit();
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), (lines{"a last"}));
}

class a_lane_in_memory : public ::testing::Test {
 protected:
  a_lane_in_memory() { at_.log.at_once = true; }

  site at_;
};

TEST_F(a_lane_in_memory, acknowledges_and_delivers_at_once) {
  client viewer(at_, "viewer");
  viewer.subscribe("a");
  client device(at_, "device");
  device.publish("a", "x");
  EXPECT_EQ(device.heard(), (lines{"ack 1"}));
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), (lines{"a x"}));
  at_.commit();
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), lines{});
}

TEST_F(a_lane_in_memory, keeps_the_order_behind_what_is_not_routed) {
  client viewer(at_, "viewer");
  viewer.subscribe("#");
  model::record_view rule;
  rule.topic = "rule";
  rule.qos = 1;
  ASSERT_TRUE(at_.log.append(rule));
  client device(at_, "device");
  device.publish("a", "1");
  device.publish("a", "0", qos_0);
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), (lines{"a 0"}));
  at_.commit();
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), (lines{"rule ", "a 1"}));
  device.publish("a", "2");
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), (lines{"a 2"}));
}

TEST_F(a_lane_in_memory, loses_nothing_where_a_subscriber_has_no_room) {
  client viewer(at_, "viewer", {.receive_maximum = 1, .hold_acks = true});
  viewer.subscribe("a");
  client device(at_, "device");
  for (const auto* each : {"1", "2", "3"}) device.publish("a", each);
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), (lines{"a 1"}));
  viewer.acknowledge_held();  // there is nothing to read yet
  EXPECT_EQ(viewer.heard(), lines{});
  at_.commit();
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), (lines{"a 2"}));
  viewer.acknowledge_held();
  EXPECT_EQ(viewer.heard(), (lines{"a 3"}));
}

TEST_F(a_lane_in_memory, sends_again_what_was_lost_with_a_connection) {
  const client_terms kept{.clean_start = false, .session_expiry_s = 60, .hold_acks = true};
  client device(at_, "device");
  {
    client viewer(at_, "viewer", kept);
    viewer.subscribe("a");
    device.publish("a", "x");
    viewer.exchange();
    EXPECT_EQ(viewer.heard(), (lines{"a x"}));
    viewer.lose();
  }
  client viewer(at_, "viewer", kept);
  EXPECT_EQ(viewer.heard(), lines{});
  at_.commit();
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), (lines{"a x dup"}));
}

/// Against a set of the offsets that went out.
TEST(live_ranges, know_what_went_ahead) {
  prng random(11);
  detail::live_ranges ranges;
  std::set<std::uint64_t> ahead;
  std::uint64_t end = 0;
  std::uint64_t routed = 0;
  for (int i = 0; i < 20'000; ++i) {
    const log_offset next(end);
    if (random.next() % 3 != 0 && ranges.takes(next)) {
      ranges.add(next);
      ahead.insert(end);
    }
    ++end;
    EXPECT_EQ(ranges.holds(next), ahead.contains(end - 1));
    if (random.next() % 4 != 0) continue;
    const auto committed = routed + random.next() % (end - routed + 1);
    auto wanted = routed;
    while (wanted < committed && ahead.contains(wanted)) ++wanted;
    routed = ranges.step_over(log_offset(routed), log_offset(committed)).value();
    ASSERT_EQ(routed, wanted);
    if (routed < committed) ++routed;  // one that is routed now
  }
}

TEST(shared_packets, are_what_each_would_have_been) {
  detail::shared_packets shared;
  byte_buffer properties;
  wire::mqtt::property_writer(properties).text(wire::mqtt::property_id::content_type, "text");
  for (const std::size_t payload_bytes : {0U, 1U, 100U, 20'000U}) {
    const byte_buffer payload(payload_bytes, 7);
    shared.begin();
    for (int i = 0; i < 40; ++i) {
      wire::mqtt::publish p;
      p.topic = "plant/1/motor";
      p.payload = payload;
      p.properties = properties;
      p.qos = static_cast<qos>(i % 3);
      p.retain = i % 2 == 0;
      p.packet_id = static_cast<wire::mqtt::packet_id>(p.qos == qos_0 ? 0 : 1000 * i + 1);
      const auto version = i % 5 == 0 ? wire::mqtt::protocol_version::v3_1_1 : wire::mqtt::protocol_version::v5;
      byte_buffer alone;
      encode(p, version, alone);
      const auto packet = shared.packet(p, version);
      ASSERT_EQ(byte_buffer(packet.begin(), packet.end()), alone) << i;
    }
    shared.end();
  }
}

}  // namespace
}  // namespace perigee::doors::mqtt::testing
