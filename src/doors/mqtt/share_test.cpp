#include <gtest/gtest.h>

#include <algorithm>
#include <format>

#include "doors/mqtt/detail/raw_client.hpp"

namespace perigee::doors::mqtt {
namespace {

using namespace std::chrono_literals;
using testing::client;
using testing::client_terms;
using testing::raw_client;
using testing::site;
using testing::subscribe_packet;
using wire::mqtt::qos;
using lines = std::vector<std::string>;

const broker_options saving{.lanes = {}, .saves_state = true, .protocol = {}};
const client_terms lasting{.session_expiry_s = 100};
const client_terms resuming{.clean_start = false, .session_expiry_s = 100};

lines sorted(lines a, const lines& b) {
  a.insert(a.end(), b.begin(), b.end());
  std::ranges::sort(a);
  return a;
}

void publish(site& s, const lines& payloads, qos with = qos::at_least_once) {
  client device(s, "device");
  for (const auto& each : payloads) device.publish("a", each, with);
  s.commit();
}

TEST(share, gives_each_message_to_one_of_those_who_share_it_in_turn) {
  site s;
  client one(s, "c1");
  client two(s, "c2");
  client alone(s, "c3");
  one.subscribe("$share/g/a");
  two.subscribe("$share/g/a");
  alone.subscribe("$share/other/a");
  publish(s, {"1", "2", "3", "4"});
  publish(s, {"5", "6"}, qos::at_most_once);
  for (auto* each : {&one, &two, &alone}) each->exchange();
  EXPECT_EQ(one.heard(), (lines{"a 1", "a 3", "a 5"}));
  EXPECT_EQ(two.heard(), (lines{"a 2", "a 4", "a 6"}));
  EXPECT_EQ(alone.heard(), (lines{"a 1", "a 2", "a 3", "a 4", "a 5", "a 6"})) << "a group of its own";
}

TEST(share, refuses_a_name_that_is_none_and_sends_nothing_retained) {
  site s;
  client device(s, "device");
  device.publish("a", "kept", qos::at_least_once, true);
  s.commit();
  client one(s, "c1");
  for (const auto* filter : {"$share//a", "$share/g", "$share/g/", "$share/+/a", "$share/g#/a"}) one.subscribe(filter);
  EXPECT_EQ(one.heard(), lines(5, "refused topic filter invalid"));
  one.subscribe("$share/g/a");
  one.subscribe("$share/g/$internal/x");
  EXPECT_EQ(one.heard(), lines{"refused not authorized"});
}

TEST(share, each_member_counts_against_the_bound_of_all_subscriptions) {
  site s(broker_options{.lanes = {}, .protocol = {}, .subscriptions_max = 3});
  client one(s, "c1");
  client two(s, "c2");
  one.subscribe("$share/g/a");
  one.subscribe("b");
  two.subscribe("$share/g/a");
  two.subscribe("$share/g/a");  // known: it changes the terms
  EXPECT_EQ(two.heard(), lines{});
  two.subscribe("c");
  two.subscribe("$share/g/c");
  EXPECT_EQ(two.heard(), lines(2, "refused quota exceeded"));
  EXPECT_TRUE(s.registry.text().contains("perigee_mqtt_subscriptions 3\n"));
  one.unsubscribe("$share/g/a");
  two.subscribe("c");
  EXPECT_EQ(two.heard(), lines{});
  two.disconnect();
  EXPECT_TRUE(s.registry.text().contains("perigee_mqtt_subscriptions 1\n"));
}

TEST(share, passes_over_who_is_away_and_waits_where_all_are) {
  site s;
  client one(s, "c1", lasting);
  one.subscribe("$share/g/a");
  {
    client two(s, "c2", lasting);
    two.subscribe("$share/g/a");
    two.lose();
  }
  publish(s, {"1", "2"});
  one.exchange();
  EXPECT_EQ(one.heard(), (lines{"a 1", "a 2"}));
  one.lose();
  publish(s, {"3", "4"});
  client two(s, "c2", resuming);
  EXPECT_EQ(two.heard(), (lines{"a 3", "a 4"})) << "no member had them, and they are nobody's";
}

TEST(share, waits_where_every_window_is_shut) {
  site s;
  client one(s, "c1", {.receive_maximum = 1, .hold_acks = true});
  one.subscribe("$share/g/a");
  publish(s, {"1", "2", "3"});
  one.exchange();
  EXPECT_EQ(one.heard(), lines{"a 1"});
  client two(s, "c2", {.receive_maximum = 1, .hold_acks = true});
  two.subscribe("$share/g/a");
  EXPECT_EQ(two.heard(), lines{"a 2"});
  one.acknowledge_held();
  EXPECT_EQ(one.heard(), lines{"a 3"});
}

TEST(share, a_lost_connection_keeps_its_messages_and_an_ended_session_gives_them_up) {
  site s;
  client one(s, "c1", {.session_expiry_s = 100, .hold_acks = true});
  client two(s, "c2");
  one.subscribe("$share/g/a");
  two.subscribe("$share/g/a");
  publish(s, {"1", "2", "3"});
  one.exchange();
  two.exchange();
  EXPECT_EQ(one.heard(), (lines{"a 1", "a 3"}));
  EXPECT_EQ(two.heard(), lines{"a 2"});
  one.lose();
  two.exchange();
  EXPECT_EQ(two.heard(), lines{});
  s.pass(101s);
  two.exchange();
  EXPECT_EQ(sorted(two.heard(), {}), (lines{"a 1", "a 3"}));
}

TEST(share, each_member_has_the_quality_that_it_was_granted) {
  site s;
  client one(s, "c1", {.hold_acks = true});
  client two(s, "c2");
  one.subscribe("$share/g/a", qos::at_least_once);
  two.subscribe("$share/g/a", qos::at_most_once);
  publish(s, {"1", "2"});
  one.exchange();
  two.exchange();
  EXPECT_EQ(one.heard(), lines{"a 1"});
  EXPECT_EQ(two.heard(), lines{"a 2"});
  one.acknowledge_held();  // one only: what went out with QoS 0 is not waited for
}

TEST(share, completes_qos_2_with_the_member_that_it_began_with) {
  site s;
  auto one = std::make_unique<raw_client>(s, "c1", testing::raw_terms{.properties = testing::lasting});
  one->feed(subscribe_packet("$share/g/a", "02"));
  raw_client two(s, "c2");
  two.feed(subscribe_packet("$share/g/a", "02"));
  two.said();
  publish(s, {"1"}, qos::exactly_once);
  EXPECT_EQ(one->said().back(), "a 1 q2");
  one->lose();
  EXPECT_EQ(two.said(), lines{});
  one = std::make_unique<raw_client>(
      s, "c1", testing::raw_terms{.clean_start = false, .properties = testing::lasting, .will = std::nullopt});
  EXPECT_EQ(one->said(), (lines{"connack success present", "a 1 q2 dup"}));
}

TEST(share, gives_what_went_out_with_qos_2_to_nobody_else) {
  site s;
  raw_client one(s, "c1");
  one.feed(subscribe_packet("$share/g/a", "02"));
  raw_client two(s, "c2");
  two.feed(subscribe_packet("$share/g/a", "02"));
  publish(s, {"1"}, qos::exactly_once);
  EXPECT_EQ(one.said(), lines{"a 1 q2"});
  one.lose();
  EXPECT_EQ(two.said(), lines{}) << "the session is no more, but its client may have the message";
}

TEST(share, takes_a_refusal_for_the_end_of_the_message) {
  for (const auto& [granted, refusal] : {std::pair("01", "40"), std::pair("02", "50")}) {
    site s;
    raw_client one(s, "c1");
    one.feed(subscribe_packet("$share/g/a", granted));
    raw_client two(s, "c2");
    two.feed(subscribe_packet("$share/g/a", granted));
    publish(s, {"1"}, qos::exactly_once);
    ASSERT_EQ(one.said().size(), 1U);
    EXPECT_EQ(one.feed(std::format("{}04{:04x}9700", refusal, one.last_packet_id())), lines{});
    one.lose();
    EXPECT_EQ(two.said(), lines{}) << refusal;
  }
}

TEST(share, one_that_leaves_gets_no_more_and_the_last_ends_it) {
  site s;
  client one(s, "c1");
  client two(s, "c2");
  one.subscribe("$share/g/a");
  two.subscribe("$share/g/a");
  one.unsubscribe("$share/g/a");
  publish(s, {"1"});
  two.exchange();
  EXPECT_EQ(two.heard(), lines{"a 1"});
  two.unsubscribe("$share/g/a");
  publish(s, {"2"});
  one.subscribe("$share/g/a");
  publish(s, {"3"});
  one.exchange();
  EXPECT_EQ(one.heard(), lines{"a 3"}) << "2 was before the subscription";
}

TEST(share, one_that_leaves_with_messages_to_come_is_not_asked_again) {
  site s(saving);
  client one(s, "c1", lasting);
  client two(s, "c2", lasting);
  one.subscribe("$share/g/a");
  two.subscribe("$share/g/a");
  two.lose();
  one.unsubscribe("$share/g/a");
  EXPECT_EQ(one.end().session->shares.size(), 0U);
  publish(s, {"1", "2"});
  publish(s, {"0"}, qos::at_most_once);
  one.exchange();
  EXPECT_EQ(one.heard(), lines{});
  client back(s, "c2", resuming);
  EXPECT_EQ(back.heard(), (lines{"a 1", "a 2"}));
}

TEST(share, gives_what_goes_live_to_one_member_and_once) {
  site s;
  client one(s, "c1");
  client two(s, "c2");
  one.subscribe("$share/g/a");
  two.subscribe("$share/g/a");
  client device(s, "device");
  device.publish("a", "kept 1");
  device.publish("a", "fleeting 2", qos::at_most_once);
  device.publish("a", "kept 3");
  device.publish("a", "fleeting 4", qos::at_most_once);
  one.exchange();
  two.exchange();
  EXPECT_EQ(one.heard(), lines{"a fleeting 2"});
  EXPECT_EQ(two.heard(), lines{"a fleeting 4"});
  s.commit();
  one.exchange();
  two.exchange();
  EXPECT_EQ(one.heard(), lines{"a kept 1"});
  EXPECT_EQ(two.heard(), lines{"a kept 3"});
}

TEST(share, of_a_lane_in_memory_waits_for_room_and_then_for_the_commit) {
  site s;
  s.log.at_once = true;
  client one(s, "c1", {.receive_maximum = 1, .hold_acks = true});
  client two(s, "c2", {.receive_maximum = 1, .hold_acks = true});
  one.subscribe("$share/g/a");
  two.subscribe("$share/g/a");
  client device(s, "device");
  for (const auto* each : {"1", "2", "3", "4"}) device.publish("a", each);
  one.exchange();
  two.exchange();
  EXPECT_EQ(one.heard(), lines{"a 1"});
  EXPECT_EQ(two.heard(), lines{"a 2"});
  one.acknowledge_held();  // there is nothing to read yet
  EXPECT_EQ(one.heard(), lines{});
  s.commit();
  one.exchange();
  EXPECT_EQ(one.heard(), lines{"a 3"});
  two.acknowledge_held();
  EXPECT_EQ(two.heard(), lines{"a 4"});
}

TEST(share, hands_on_what_went_live_to_a_session_that_ended_before_the_commit) {
  site s;
  s.log.at_once = true;
  client two(s, "c2");
  {
    client one(s, "c1", {.hold_acks = true});
    one.subscribe("$share/g/a");
    client device(s, "device");
    device.publish("a", "1");
    one.exchange();
    EXPECT_EQ(one.heard(), lines{"a 1"});
    two.subscribe("$share/g/a");
    one.lose();
  }
  EXPECT_EQ(two.heard(), lines{}) << "it is not in the journal yet";
  s.commit();
  two.exchange();
  EXPECT_EQ(two.heard(), lines{"a 1"});
}

TEST(share, survives_a_restart_with_what_nobody_had) {
  site before(saving);
  client one(before, "c1", lasting);
  one.subscribe("$share/g/a");
  one.lose();
  publish(before, {"1", "2"});
  before.save();
  site after(saving);
  after.take_over(before);
  client two(after, "c2", lasting);
  two.subscribe("$share/g/a");
  EXPECT_EQ(two.heard(), (lines{"a 1", "a 2"}));
  publish(after, {"3"});
  client back(after, "c1", resuming);
  two.exchange();
  EXPECT_EQ(sorted(two.heard(), back.heard()), lines{"a 3"});
}

TEST(share, a_kill_loses_nothing_of_a_member_that_does_not_outlast_it) {
  site before(saving);
  client lasts(before, "c1", lasting);
  lasts.subscribe("$share/g/a");
  client ends(before, "c2", {.hold_acks = true});
  ends.subscribe("$share/g/a");
  publish(before, {"1", "2"});
  lasts.exchange();
  ends.exchange();
  EXPECT_EQ(lasts.heard(), lines{"a 1"});
  EXPECT_EQ(ends.heard(), lines{"a 2"});
  before.save();
  site after(saving);
  after.take_over(before);
  client back(after, "c1", resuming);
  EXPECT_EQ(back.heard(), lines{"a 2"});
}

TEST(share, leaves_no_entry_behind) {
  site s(saving);
  client one(s, "c1", lasting);
  one.subscribe("$share/g/a");
  s.save();
  EXPECT_EQ(s.state.count(state_kind::share), 1U);
  one.unsubscribe("$share/g/a");
  s.save();
  EXPECT_EQ(s.state.count(state_kind::share), 0U);
}

}  // namespace
}  // namespace perigee::doors::mqtt
