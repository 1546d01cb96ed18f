#include "doors/mqtt/broker.hpp"

#include <gtest/gtest.h>

#include <format>

#include "doors/mqtt/detail/testing.hpp"

namespace perigee::doors::mqtt {
namespace {

using namespace std::chrono_literals;
using testing::client;
using testing::site;
using wire::mqtt::property_id;
using wire::mqtt::property_writer;
using wire::mqtt::qos;
using lines = std::vector<std::string>;

constexpr auto qos_0 = qos::at_most_once;
constexpr auto qos_1 = qos::at_least_once;

TEST(broker, acknowledges_only_what_is_committed) {
  site s;
  client device(s, "d1");
  device.publish("a", "1");
  device.publish("a", "2");
  EXPECT_EQ(device.heard(), lines{});
  s.commit();
  device.exchange();
  EXPECT_EQ(device.heard(), (lines{"ack 1", "ack 2"}));
  ASSERT_EQ(s.log.records().size(), 2U);
  EXPECT_EQ(s.log.records()[0].topic, "a");
  EXPECT_EQ(s.log.records()[0].source, "d1");
  EXPECT_EQ(s.log.records()[0].arrival, s.now.wall);
}

TEST(broker, acknowledges_in_the_order_of_arrival_across_lanes) {
  site s({.lanes = {{"alarm/#", model::lane::alarm}}, .protocol = {}});
  client device(s, "d1");
  device.publish("a", "1");
  device.publish("alarm/x", "2");
  s.log.commit(model::lane::alarm);
  s.core.on_commit(s.now);
  device.exchange();
  EXPECT_EQ(device.heard(), lines{}) << "the first is not safe yet (MQTT-4.6.0-2)";
  s.commit();
  device.exchange();
  EXPECT_EQ(device.heard(), (lines{"ack 1", "ack 2"}));
  EXPECT_EQ(s.log.records(model::lane::alarm).size(), 1U);
}

TEST(broker, reads_no_publisher_while_the_log_is_crowded) {
  site s;
  client device(s, "d1");
  byte_buffer message;
  wire::mqtt::encode(wire::mqtt::publish{.topic = "a", .payload = as_bytes("1")}, wire::mqtt::protocol_version::v5,
                     message);
  s.log.level = journal::staging_level::crowded;
  EXPECT_EQ(device.end().on_bytes(message, s.now), 0U);
  EXPECT_TRUE(device.end().paused());
  s.commit();
  EXPECT_TRUE(device.end().paused()) << "it is still crowded";
  s.log.level = journal::staging_level::low;
  s.commit();
  EXPECT_FALSE(device.end().paused());
  EXPECT_EQ(device.end().on_bytes(message, s.now), message.size());
}

TEST(broker, reads_others_while_the_log_is_filling_with_one_publishers_messages) {
  site s;
  client flooder(s, "d1");
  client other(s, "d2");
  flooder.publish("a", std::string(100'000, 'x'));
  other.publish("a", "1");
  s.log.level = journal::staging_level::filling;
  byte_buffer message;
  wire::mqtt::encode(wire::mqtt::publish{.topic = "a", .payload = as_bytes("2")}, wire::mqtt::protocol_version::v5,
                     message);
  EXPECT_EQ(flooder.end().on_bytes(message, s.now), 0U);
  EXPECT_TRUE(flooder.end().paused());
  EXPECT_EQ(other.end().on_bytes(message, s.now), message.size());
  EXPECT_FALSE(other.end().paused());
  s.commit();
  EXPECT_FALSE(flooder.end().paused()) << "nothing of it waits any more, whatever of others does";
  EXPECT_EQ(flooder.end().on_bytes(message, s.now), message.size());
}

TEST(broker, a_full_log_is_said_with_its_reason) {
  site s;
  client device(s, "d1");
  for (const auto code : {errc::full, errc::no_space, errc::io}) {
    s.log.refuses = code;
    device.publish("a", "x");
  }
  EXPECT_EQ(device.heard(), (lines{"ack 1 quota exceeded", "ack 2 quota exceeded", "ack 3 quota exceeded"}));
  s.log.refuses = errc::ok;
  device.publish("a", "x");
  s.commit();
  device.exchange();
  EXPECT_EQ(device.heard(), lines{"ack 4"}) << "it goes on when there is room";
}

TEST(broker, what_never_can_be_stored_is_not_said_to_be_a_lack_of_room) {
  site s;
  client device(s, "d1");
  for (const auto code : {errc::too_large, errc::refused, errc::out_of_order}) {
    s.log.refuses = code;
    device.publish("a", "x");
  }
  EXPECT_EQ(device.heard(),
            (lines{"ack 1 implementation specific error", "ack 2 not authorized", "ack 3 unspecified error"}));
}

TEST(broker, a_duplicate_is_acknowledged_when_its_original_is_safe) {
  site s;
  client device(s, "d1");
  device.publish("a", "x");
  s.log.refuses = errc::duplicate;
  device.publish("a", "x");
  EXPECT_EQ(device.heard(), lines{});
  s.commit();
  device.exchange();
  EXPECT_EQ(device.heard(), (lines{"ack 1", "ack 2"}));
}

TEST(broker, user_properties_stamp_a_record) {
  site s;
  client device(s, "d1");
  byte_buffer properties;
  property_writer(properties).user("epoch", "99").user("seq", "5").number(property_id::topic_alias, 1);
  device.publish("a", "x", qos_1, false, properties);
  byte_buffer half;
  property_writer(half).user("epoch", "99").user("seq", "5x");
  device.publish("a", "y", qos_1, false, half);
  const auto& first = s.log.records()[0];
  EXPECT_EQ(first.epoch, epoch(99));
  EXPECT_EQ(first.sequence, sequence(5));
  EXPECT_FALSE(wire::mqtt::find_number(first.properties, property_id::topic_alias)) << "it is the connection's";
  EXPECT_EQ(wire::mqtt::find_user_property(first.properties, "seq"), "5");
  EXPECT_FALSE(s.log.records()[1].view().stamped());
}

byte_buffer stamped(std::string_view number) {
  byte_buffer properties;
  property_writer(properties).user("epoch", "99").user("seq", number);
  return properties;
}

/// Were 6 stored, 5 would be taken for stored when it comes again: its answer may never have reached the device.
class refusal : public ::testing::TestWithParam<errc> {};

TEST_P(refusal, is_not_overtaken_by_a_later_stamp) {
  site s;
  {
    client device(s, "d1");
    s.log.refuses = GetParam();
    device.publish("a", "5", qos_1, false, stamped("5"));
    s.log.refuses = errc::ok;
    device.publish("a", "6", qos_1, false, stamped("6"));
    EXPECT_EQ(device.heard(), (lines{"ack 1 quota exceeded", "closed quota exceeded"}));
  }
  EXPECT_TRUE(s.log.records().empty());
  client again(s, "d1");
  again.publish("a", "5", qos_1, false, stamped("5"));
  again.publish("a", "6", qos_1, false, stamped("6"));
  EXPECT_EQ(s.log.records().size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(broker, refusal, ::testing::Values(errc::full, errc::no_space, errc::io),
                         [](const auto& code) { return std::format("code_{}", static_cast<int>(code.param)); });

TEST(broker, a_refused_message_that_comes_again_lets_later_ones_pass) {
  site s;
  client device(s, "d1");
  s.log.refuses = errc::full;
  device.publish("a", "5", qos_1, false, stamped("5"));
  s.log.refuses = errc::ok;
  device.publish("a", "x");
  byte_buffer other_life;
  property_writer(other_life).user("epoch", "100").user("seq", "6");
  device.publish("a", "6", qos_1, false, other_life);
  device.publish("a", "5", qos_1, false, stamped("5"));
  device.publish("a", "6", qos_1, false, stamped("6"));
  s.commit();
  device.exchange();
  EXPECT_EQ(device.heard(), (lines{"ack 1 quota exceeded", "ack 2", "ack 3", "ack 4", "ack 5"}));
}

TEST(broker, subscribers_see_a_message_after_its_commit) {
  site s;
  client device(s, "d1");
  client viewer(s, "v1");
  viewer.subscribe("plant/+/t");
  device.publish("plant/7/t", "20.5");
  device.publish("plant/7/p", "1");
  device.publish("plant/8/t", "21");
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), lines{});
  s.commit();
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), (lines{"plant/7/t 20.5", "plant/8/t 21"}));
}

TEST(broker, overlapping_filters_deliver_once_with_the_higher_qos) {
  site s;
  client device(s, "d1");
  client viewer(s, "v1");
  viewer.subscribe("a/#", qos_0);
  viewer.subscribe("a/b", qos_1);
  viewer.hold_acks = true;
  device.publish("a/b", "x");
  s.commit();
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), lines{"a/b x"});
  viewer.acknowledge_held();
  viewer.unsubscribe("a/#");
  viewer.unsubscribe("a/b");
  device.publish("a/b", "y");
  s.commit();
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), lines{});
}

TEST(broker, a_subscription_gets_nothing_from_before_it) {
  site s;
  client device(s, "d1");
  client viewer(s, "v1");
  device.publish("a", "early");
  s.log.commit();
  viewer.subscribe("a");  // committed but not routed yet
  s.core.on_commit(s.now);
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), lines{});
}

TEST(broker, refuses_filters_with_their_reason) {
  site s;
  client viewer(s, "v1");
  viewer.subscribe("a/#/b");
  viewer.subscribe("$internal/#");
  EXPECT_EQ(viewer.heard(), (lines{"refused topic filter invalid", "refused not authorized"}));
}

TEST(broker, retained_messages_greet_a_new_subscription) {
  site s;
  client device(s, "d1");
  device.publish("cfg/a", "1", qos_1, true);
  device.publish("cfg/b", "2", qos_0, true);
  device.publish("cfg/c", "3", qos_1, true);
  device.publish("cfg/c", "", qos_1, true);
  s.commit();
  client viewer(s, "v1");
  viewer.subscribe("cfg/#");
  EXPECT_EQ(viewer.heard(), (lines{"cfg/a 1 retained", "cfg/b 2 retained"}));
  device.publish("cfg/a", "9", qos_1, true);
  s.commit();
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), lines{"cfg/a 9"}) << "live, so not marked (MQTT-3.3.1-12)";
}

TEST(broker, many_retained_messages_go_out_as_the_window_allows) {
  site s;
  client device(s, "d1");
  for (int i = 10; i < 40; ++i) device.publish("cfg/" + std::to_string(i), "x", qos_1, true);
  s.commit();
  client viewer(s, "v1", {.receive_maximum = 4});
  viewer.hold_acks = true;
  viewer.subscribe("cfg/#");
  EXPECT_EQ(viewer.heard().size(), 4U);
  std::size_t rest = 0;
  for (int round = 0; round < 10; ++round) {
    viewer.acknowledge_held();
    rest += viewer.heard().size();
  }
  EXPECT_EQ(rest, 26U);
}

TEST(broker, a_closed_window_waits_in_the_journal) {
  site s;
  client device(s, "d1");
  client viewer(s, "v1", {.receive_maximum = 2});
  viewer.subscribe("a");
  viewer.hold_acks = true;
  for (int i = 0; i < 5; ++i) device.publish("a", std::to_string(i));
  s.commit();
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), (lines{"a 0", "a 1"}));
  device.publish("a", "5");
  s.commit();
  viewer.acknowledge_held();
  EXPECT_EQ(viewer.heard(), (lines{"a 2", "a 3"}));
  viewer.hold_acks = false;
  viewer.acknowledge_held();
  EXPECT_EQ(viewer.heard(), (lines{"a 4", "a 5"}));
  device.publish("a", "6");
  s.commit();
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), lines{"a 6"}) << "live again";
}

TEST(broker, a_slow_reader_loses_qos_0_and_keeps_qos_1) {
  site s;
  client device(s, "d1");
  client viewer(s, "v1");
  viewer.subscribe("zero", qos_0);
  viewer.subscribe("one", qos_1);
  const std::string large(20'000, 'x');
  for (int i = 0; i < 40; ++i) {
    device.publish("zero", large, qos_0);
    device.publish("one", large, qos_1);
  }
  s.commit();
  viewer.exchange();
  const auto heard = viewer.heard();
  const auto count = [&](std::string_view start) {
    return std::ranges::count_if(heard, [&](const std::string& line) { return line.starts_with(start); });
  };
  EXPECT_EQ(count("one "), 40);
  EXPECT_LT(count("zero "), 20);
  EXPECT_TRUE(s.registry.text().contains("perigee_mqtt_dropped_total"));
}

TEST(broker, a_message_expires_where_it_waits) {
  site s;
  client device(s, "d1");
  client viewer(s, "v1", {.session_expiry_s = 100});
  viewer.subscribe("a");
  viewer.disconnect();
  byte_buffer ten;
  property_writer(ten).number(property_id::message_expiry_interval, 10);
  byte_buffer thirty;
  property_writer(thirty).number(property_id::message_expiry_interval, 30);
  device.publish("a", "x", qos_1, false, ten);
  device.publish("a", "y", qos_1, false, thirty);
  s.commit();
  s.pass(12s);
  client back(s, "v1", {.clean_start = false, .session_expiry_s = 100});
  EXPECT_EQ(back.heard(), lines{"a y expires 18"});
}

TEST(broker, the_node_itself_publishes_and_subscribes) {
  site s;
  client viewer(s, "v1");
  viewer.subscribe("status/#");
  lines local;
  auto handle = s.core.subscribe_local(
      "status/+", [&](const local_message& m) { local.push_back(std::string(m.topic) + " " + std::string(m.source)); });
  s.core.publish_local({.topic = "status/link", .payload = as_bytes("up"), .source = "node", .retain = true}, s.now);
  client device(s, "d1");
  device.publish("status/d1", "on");
  s.commit();
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), (lines{"status/link up", "status/d1 on"}));
  EXPECT_EQ(local, (lines{"status/link node", "status/d1 d1"}));
  handle.reset();
  s.core.publish_local({.topic = "status/link", .payload = as_bytes("down"), .source = "node"}, s.now);
  EXPECT_EQ(local.size(), 2U);
  client late(s, "v2");
  late.subscribe("status/link");
  EXPECT_EQ(late.heard(), lines{"status/link up retained"});
}

class uplink_port final : public internal_port {
 public:
  bool wants(std::string_view topic) const override { return topic.starts_with("$perigee/uplink/"); }
  answer on_message(const client_identity& from, const wire::mqtt::publish& message, timestamp) override {
    seen.push_back(std::string(from.name) + " " + std::string(message.topic));
    return next;
  }
  bool may_subscribe(const client_identity& who, std::string_view filter) const override {
    return filter == "$perigee/downlink/" + std::string(who.name) + "/#";
  }
  lines seen;
  answer next;
};

TEST(broker, internal_topics_go_to_their_port) {
  site s;
  uplink_port port;
  s.core.set_internal(port);
  client child(s, "c1", {.link = {.name = "edge-1", .address = "test", .anonymous = false}});
  port.next.after = answer::commit_point{model::lane::bulk, log_offset(0)};
  child.publish("$perigee/uplink/edge-1/bulk", "batch");
  EXPECT_EQ(child.heard(), lines{});
  ASSERT_TRUE(s.log.append({}));
  model::record_view alarm;
  alarm.lane = model::lane::bulk;
  s.commit();
  child.exchange();
  EXPECT_EQ(child.heard(), lines{"ack 1"});
  port.next = {wire::mqtt::reason::not_authorized};
  child.publish("$perigee/uplink/edge-2/bulk", "batch");
  child.publish("$other", "x");
  EXPECT_EQ(child.heard(), (lines{"ack 2 not authorized", "ack 3 not authorized"}));
  EXPECT_EQ(port.seen, (lines{"edge-1 $perigee/uplink/edge-1/bulk", "edge-1 $perigee/uplink/edge-2/bulk"}));
  child.subscribe("$perigee/downlink/edge-1/#");
  child.subscribe("$perigee/downlink/edge-2/#");
  EXPECT_EQ(child.heard(), lines{"refused not authorized"});
  s.core.publish_local({.topic = "$perigee/downlink/edge-1/welcome", .payload = as_bytes("hi"), .source = "node"},
                       s.now);
  child.exchange();
  EXPECT_EQ(child.heard(), lines{"$perigee/downlink/edge-1/welcome hi"});
}

TEST(broker, lets_in_only_who_may) {
  site s;
  client stranger(s, "x", {.link = {.name = {}, .address = "test", .anonymous = false}});
  EXPECT_EQ(stranger.heard(), lines{"closed not authorized"});
  client forger(s, "uplink/edge-1");
  EXPECT_EQ(forger.heard(), lines{"closed client identifier not valid"});
  client named(s, "d2", {.link = {.name = "rules/bulk", .address = "test", .anonymous = false}});
  EXPECT_EQ(named.heard(), lines{"closed client identifier not valid"});
  client sibling(s, "uplink:edge-2", {.link = {.name = "edge-3", .address = "test", .anonymous = false}});
  EXPECT_EQ(sibling.heard(), lines{"closed client identifier not valid"});
  client child(s, "uplink:edge-2", {.link = {.name = "edge-2", .address = "test", .anonymous = false}});
  EXPECT_EQ(child.heard(), lines{});
  client owner(s, "d1", {.session_expiry_s = 100, .link = {.name = "alice", .address = "test", .anonymous = false}});
  client thief(s, "d1", {.clean_start = false});
  EXPECT_EQ(thief.heard(), lines{"closed not authorized"});
  EXPECT_EQ(owner.heard(), lines{});
}

TEST(broker, names_a_client_that_comes_without_a_name) {
  site s;
  client one(s, "");
  client two(s, "");
  EXPECT_TRUE(one.assigned_id.starts_with("perigee-"));
  EXPECT_NE(one.assigned_id, two.assigned_id);
}

TEST(broker, a_certificate_names_the_source) {
  site s;
  client device(s, "d1", {.link = {.name = "alice", .address = "test", .anonymous = false}});
  device.publish("a", "x");
  EXPECT_EQ(s.log.records()[0].source, "alice");
}

}  // namespace
}  // namespace perigee::doors::mqtt
