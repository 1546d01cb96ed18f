// Normative statements of MQTT 5 that the broker decides: sessions, retained messages, subscriptions, forwarding;
// docs/conformance-statements.md says which test covers which.

#include <gtest/gtest.h>

#include "doors/mqtt/detail/raw_client.hpp"

namespace perigee::doors::mqtt {
namespace {

namespace wire = perigee::wire::mqtt;
using namespace std::chrono_literals;
using testing::bytes_of;
using testing::lasting;
using testing::lines;
using testing::raw_client;
using testing::raw_terms;
using testing::site;
using testing::subscribe_packet;

constexpr auto qos_1 = wire::qos::at_least_once;

TEST(mqtt_conformance_broker, clean_start_and_the_session_decide_what_goes_on) {
  site s;
  {
    raw_client first(s, "v", {.clean_start = false, .properties = lasting});
    EXPECT_EQ(first.said(), lines{"connack success"}) << "there was none";
    first.feed(subscribe_packet("a", "01"));
    first.lose();
  }
  {
    raw_client again(s, "v", {.clean_start = false, .properties = lasting});
    EXPECT_EQ(again.said(), lines{"connack success present"});
    raw_client device(s, "d");
    device.publish("a", "1");
    EXPECT_EQ(again.said(), lines{"a 1 q0"}) << "with its subscription";
    again.lose();
  }
  raw_client clean(s, "v", {.properties = lasting});
  EXPECT_EQ(clean.said(), lines{"connack success"});
  raw_client device(s, "d");
  device.publish("a", "2");
  EXPECT_EQ(clean.said(), lines{}) << "nothing is left";
}

TEST(mqtt_conformance_broker, a_session_is_kept_as_long_as_was_asked) {
  site s;
  const auto is_kept_after = [&](std::string_view properties, nanoseconds time) {
    {
      raw_client first(s, "v", {.properties = properties});
      s.pass(1000s);
      EXPECT_FALSE(first.closed()) << "an expiry counts from the end of the connection";
      first.lose();
    }
    s.pass(time);
    return raw_client(s, "v", {.clean_start = false}).said() == lines{"connack success present"};
  };
  EXPECT_TRUE(is_kept_after(lasting, 99s));
  EXPECT_FALSE(is_kept_after(lasting, 101s));
  EXPECT_FALSE(is_kept_after("", 0s));
}

TEST(mqtt_conformance_broker, a_will_goes_out_as_it_was_left) {
  site s;
  raw_client viewer(s, "v");
  viewer.feed(subscribe_packet("w", "09"));  // retain as published
  viewer.said();
  const auto properties = bytes_of("26 0001 'b' 0001 '1' 26 0001 'a' 0001 '2' 03 0001 't'");
  const auto goes_out = [&](bool retain, std::string_view farewell) {
    raw_client device(s, "d", {.will = wire::will_message{"w", as_bytes("gone"), qos_1, retain, properties}});
    if (farewell.empty()) {
      device.lose();
    } else {
      device.feed(farewell);
    }
    return viewer.said();
  };
  EXPECT_EQ(goes_out(false, ""), lines{"w gone q1"});
  EXPECT_EQ(viewer.properties(), wire::testing::hex_of(properties)) << "in the same order";
  EXPECT_EQ(goes_out(true, ""), lines{"w gone q1 retained"});
  EXPECT_EQ(goes_out(false, "e0 01 04"), lines{"w gone q1"}) << "disconnect with will message";
  EXPECT_EQ(goes_out(false, "e0 00"), lines{});
  EXPECT_EQ(goes_out(false, "30 03 0000 00"), lines{"w gone q1"}) << "a protocol error";
}

TEST(mqtt_conformance_broker, a_will_waits_and_goes_out_once) {
  site s;
  raw_client viewer(s, "v");
  viewer.feed(subscribe_packet("w", "00"));
  const auto delay = bytes_of("18 0000000a");
  const raw_terms with_will{false, lasting, wire::will_message{"w", as_bytes("gone"), qos_1, false, delay}};
  const raw_terms without{false, lasting, std::nullopt};
  raw_client(s, "d", with_will).lose();
  s.pass(9s);
  EXPECT_EQ(viewer.said(), lines{});
  s.pass(2s);
  EXPECT_EQ(viewer.said(), lines{"w gone q0"});
  s.pass(20s);
  EXPECT_EQ(viewer.said(), lines{});
  raw_client(s, "d", with_will).lose();
  s.pass(5s);
  raw_client back(s, "d", without);
  s.pass(20s);
  EXPECT_EQ(viewer.said(), lines{}) << "it was back in time";
}

TEST(mqtt_conformance_broker, client_identifiers_name_sessions) {
  site s;
  constexpr std::string_view letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (std::size_t i = 0; i < letters.size(); i += 23) {
    EXPECT_EQ(raw_client(s, letters.substr(i, 23)).said(), lines{"connack success"});
  }
  EXPECT_EQ(raw_client(s, "x").said(), lines{"connack success"});
  raw_client one(s, "");
  raw_client other(s, "");
  EXPECT_TRUE(one.properties().contains("12 00")) << "assigned: " << one.properties();
  EXPECT_TRUE(other.properties().contains("12 00"));
  EXPECT_NE(one.properties(), other.properties());
  EXPECT_FALSE(one.closed());
}

TEST(mqtt_conformance_broker, a_refused_connect_ends_there) {
  site s;
  raw_client peer(s, std::string(300, 'x'), {.clean_start = false});
  EXPECT_EQ(peer.said(), lines{"connack client identifier not valid"}) << "and no session is present";
  EXPECT_TRUE(peer.closed());
  raw_client tiny(s, "t", {.properties = "27 00000008"});
  EXPECT_EQ(tiny.said(), lines{"connack packet too large"});
  EXPECT_TRUE(tiny.closed());
  raw_client method(s, "m", {.properties = "15 0003 'NTL'"});
  EXPECT_EQ(method.said(), lines{"connack bad authentication method"});
  EXPECT_TRUE(method.closed());
}

TEST(mqtt_conformance_broker, the_second_connection_of_a_client_ends_the_first) {
  site s;
  raw_client first(s, "v");
  first.said();
  raw_client second(s, "v");
  EXPECT_EQ(first.said(), lines{"disconnect session taken over"});
  EXPECT_TRUE(first.closed());
  EXPECT_EQ(second.said(), lines{"connack success"});
}

TEST(mqtt_conformance_broker, dup_is_of_one_transmission) {
  site s;
  raw_client viewer(s, "v", {.properties = lasting});
  viewer.feed(subscribe_packet("a", "01"));
  raw_client device(s, "d");
  device.publish("a", "1", {.packet_id = 5, .qos = qos_1, .duplicate = true});
  EXPECT_EQ(viewer.said(), lines{"a 1 q1"}) << "for the viewer it is new";
  viewer.lose();
  raw_client back(s, "v", {.clean_start = false, .properties = lasting});
  EXPECT_EQ(back.said(), (lines{"connack success present", "a 1 q1 dup"}));
  EXPECT_EQ(back.last_packet_id(), viewer.last_packet_id());
}

TEST(mqtt_conformance_broker, a_retained_message_is_replaced_and_removed) {
  site s;
  raw_client device(s, "d");
  const auto greeting = [&] {
    raw_client viewer(s, "v");
    viewer.said();
    return viewer.feed(subscribe_packet("a", "01"));
  };
  device.publish("a", "1", {.retain = true});
  EXPECT_EQ(greeting(), (lines{"suback 1 01", "a 1 q0 retained"}));
  device.publish("a", "2", {.qos = qos_1, .retain = true});
  EXPECT_EQ(greeting(), (lines{"suback 1 01", "a 2 q1 retained"}));
  device.publish("a", "3");
  EXPECT_EQ(greeting(), (lines{"suback 1 01", "a 2 q1 retained"})) << "RETAIN 0 changes nothing";
  raw_client viewer(s, "w");
  viewer.feed(subscribe_packet("a", "01"));
  viewer.feed("40 02 0001");
  viewer.said();
  device.publish("a", "", {.retain = true});
  EXPECT_EQ(viewer.said(), lines{"a  q0"}) << "processed like any other";
  EXPECT_EQ(greeting(), lines{"suback 1 01"});
}

TEST(mqtt_conformance_broker, retain_handling_says_what_greets) {
  site s;
  raw_client device(s, "d");
  device.publish("a", "1", {.retain = true});
  raw_client viewer(s, "v");
  viewer.said();
  const auto greeted = lines{"suback 1 00", "a 1 q0 retained"};
  EXPECT_EQ(viewer.feed(subscribe_packet("a", "10")), greeted) << "1, and new";
  EXPECT_EQ(viewer.feed(subscribe_packet("a", "10")), lines{"suback 1 00"}) << "1, and not new";
  EXPECT_EQ(viewer.feed(subscribe_packet("a", "00")), greeted) << "0";
  EXPECT_EQ(viewer.feed(subscribe_packet("+", "20")), lines{"suback 1 00"}) << "2";
}

TEST(mqtt_conformance_broker, retain_goes_on_where_asked) {
  site s;
  raw_client plain(s, "p");
  plain.feed(subscribe_packet("a", "00"));
  raw_client as_published(s, "r");
  as_published.feed(subscribe_packet("a", "08"));
  raw_client device(s, "d");
  device.publish("a", "1", {.retain = true});
  device.publish("a", "2");
  EXPECT_EQ(plain.said(), (lines{"a 1 q0", "a 2 q0"}));
  EXPECT_EQ(as_published.said(), (lines{"a 1 q0 retained", "a 2 q0"}));
}

TEST(mqtt_conformance_broker, properties_reach_subscribers_as_they_came) {
  site s;
  raw_client viewer(s, "v");
  viewer.feed(subscribe_packet("a", "00"));
  raw_client device(s, "d");
  constexpr auto all =
      "01 01 08 0001 'r' 09 0002 00ff 26 0001 'b' 0001 '1' 26 0001 'a' 0001 '2' 26 0001 'b' 0001 '3' 03 0001 't'";
  const auto properties = bytes_of(all);
  device.publish("a", "1", {.properties = properties});
  EXPECT_EQ(viewer.said(), lines{"a 1 q0"});
  EXPECT_EQ(viewer.properties(), wire::testing::hex_of(properties));
}

TEST(mqtt_conformance_broker, overlapping_subscriptions_give_the_higher_qos_and_every_identifier) {
  site s;
  raw_client viewer(s, "v");
  viewer.feed(subscribe_packet("a/#", "00", "0b 05"));
  viewer.feed(subscribe_packet("a/+", "01", "0b 06"));
  viewer.feed(subscribe_packet("+/b", "00"));
  viewer.said();
  raw_client device(s, "d");
  device.publish("a/b", "1", {.qos = qos_1});
  EXPECT_EQ(viewer.said(), lines{"a/b 1 q1"});
  EXPECT_TRUE(viewer.properties() == "0b 05 0b 06" || viewer.properties() == "0b 06 0b 05") << viewer.properties();
  device.publish("c/b", "2", {.qos = qos_1});
  EXPECT_EQ(viewer.said(), lines{"c/b 2 q0"});
  EXPECT_EQ(viewer.properties(), "");
}

TEST(mqtt_conformance_broker, the_clients_receive_maximum_holds_back_messages_only) {
  site s;
  raw_client viewer(s, "v", {.properties = "21 0002"});
  viewer.feed(subscribe_packet("a", "01"));
  raw_client device(s, "d");
  for (const auto* payload : {"1", "2", "3"}) device.publish("a", payload, {.qos = qos_1});
  EXPECT_EQ(viewer.said(), (lines{"a 1 q1", "a 2 q1"}));
  EXPECT_EQ(viewer.feed("c0 00" + subscribe_packet("b", "00")), (lines{"pingresp", "suback 1 00"}));
  EXPECT_EQ(viewer.feed("40 02 0001"), lines{"a 3 q1"});
  EXPECT_EQ(viewer.feed("40 04 0002 97 00"), lines{}) << "a refusal is an acknowledgement";
}

TEST(mqtt_conformance_broker, a_subscription_of_the_same_filter_replaces_it) {
  site s;
  raw_client viewer(s, "v");
  viewer.feed(subscribe_packet("a", "01", "0b 05"));
  viewer.feed(subscribe_packet("a", "00", "0b 06"));
  viewer.said();
  raw_client device(s, "d");
  device.publish("a", "1", {.qos = qos_1});
  EXPECT_EQ(viewer.said(), lines{"a 1 q0"}) << "once, with the granted QoS of the second";
  EXPECT_EQ(viewer.properties(), "0b 06");
}

TEST(mqtt_conformance_broker, answers_have_a_code_for_each_filter_in_order) {
  site s;
  raw_client viewer(s, "v");
  viewer.said();
  EXPECT_EQ(viewer.feed("82 17 0007 00 0001 'a' 01 0004 'b/#/' 00 0002 'x#' 00 0001 '+' 00"),
            lines{"suback 7 01 8f 8f 00"});
  raw_client device(s, "d");
  device.publish("a", "1");
  EXPECT_EQ(viewer.said(), lines{"a 1 q0"}) << "as if they had come one by one";
  EXPECT_EQ(viewer.feed("a2 0c 0008 00 0001 'a' 0001 'x' 0001 '+'"), lines{"unsuback 8 00 11 00"});
}

TEST(mqtt_conformance_broker, unsubscribe_takes_the_filter_character_by_character) {
  site s;
  raw_client viewer(s, "v");
  viewer.feed(subscribe_packet("a/+", "01"));
  raw_client device(s, "d");
  device.publish("a/b", "1", {.qos = qos_1});
  EXPECT_EQ(viewer.said(), lines{"a/b 1 q1"});
  EXPECT_EQ(viewer.feed("a2 08 0002 00 0003 'a/b'"), lines{"unsuback 2 11"}) << "covered is not the same";
  device.publish("a/b", "2", {.qos = qos_1});
  EXPECT_EQ(viewer.said(), lines{"a/b 2 q1"});
  EXPECT_EQ(viewer.feed("a2 08 0003 00 0003 'a/+'"), lines{"unsuback 3 00"});
  device.publish("a/b", "3", {.qos = qos_1});
  EXPECT_EQ(viewer.said(), lines{});
  viewer.feed("40 02 0001 40 02 0002");
  EXPECT_FALSE(viewer.closed()) << "what was under way is completed";
}

TEST(mqtt_conformance_broker, qos_1_is_taken_each_time) {
  site s;
  raw_client viewer(s, "v");
  viewer.feed(subscribe_packet("a", "00"));
  raw_client device(s, "d");
  EXPECT_EQ(device.publish("a", "1", {.packet_id = 5, .qos = qos_1}), (lines{"connack success", "puback 5 success"}));
  EXPECT_EQ(device.publish("a", "1", {.packet_id = 5, .qos = qos_1, .duplicate = true}), lines{"puback 5 success"});
  EXPECT_EQ(viewer.said(), (lines{"a 1 q0", "a 1 q0"})) << "an identifier that was acknowledged is free";
}

TEST(mqtt_conformance_broker, qos_2_in_is_taken_once) {
  site s;
  raw_client viewer(s, "v");
  viewer.feed(subscribe_packet("a", "00"));
  raw_client device(s, "d");
  device.said();
  const auto expiring = bytes_of("02 00000001");
  const wire::publish once{.packet_id = 5, .qos = wire::qos::exactly_once, .properties = expiring};
  auto again = once;
  again.duplicate = true;
  EXPECT_EQ(device.publish("a", "1", once), lines{"pubrec 5 success"});
  EXPECT_EQ(device.publish("a", "1", again), lines{"pubrec 5 success"});
  EXPECT_EQ(viewer.said(), lines{"a 1 q0"});
  s.pass(5s);
  EXPECT_EQ(device.feed("62 02 0005"), lines{"pubcomp 5 success"}) << "although it has expired";
  EXPECT_EQ(device.publish("a", "2", once), lines{"pubrec 5 success"});
  EXPECT_EQ(viewer.said(), lines{"a 2 q0"}) << "the identifier is free";
  s.log.refuses = errc::full;
  const wire::publish refused{.packet_id = 6, .qos = wire::qos::exactly_once};
  EXPECT_EQ(device.publish("a", "3", refused), lines{"pubrec 6 quota exceeded"});
  s.log.refuses = errc::ok;
  EXPECT_EQ(device.publish("a", "3", refused), lines{"pubrec 6 success"}) << "a refusal frees it";
  EXPECT_EQ(viewer.said(), lines{"a 3 q0"});
}

TEST(mqtt_conformance_broker, messages_keep_the_order_of_their_publisher) {
  site s;
  raw_client viewer(s, "v", {.properties = lasting});
  viewer.feed(subscribe_packet("a", "01"));
  raw_client device(s, "d");
  lines expected;
  for (int i = 0; i < 20; ++i) {
    device.publish("a", std::to_string(i), {.qos = qos_1});
    expected.push_back("a " + std::to_string(i) + " q1");
  }
  EXPECT_EQ(viewer.said(), expected);
  viewer.lose();
  raw_client back(s, "v", {.clean_start = false, .properties = lasting});
  auto again = back.said();
  again.erase(again.begin());
  for (auto& line : expected) line += " dup";
  EXPECT_EQ(again, expected) << "and again in that order";
}

TEST(mqtt_conformance_broker, nothing_is_normalized) {
  site s;
  raw_client viewer(s, "v");
  viewer.feed(subscribe_packet("\xc3\xa5", "00"));  // one character
  viewer.said();
  raw_client device(s, "d");
  device.publish("a\xcc\x8a", "decomposed");
  device.publish("A", "case");
  EXPECT_EQ(viewer.said(), lines{});
  device.publish("\xc3\xa5", "same");
  EXPECT_EQ(viewer.said(), lines{"\xc3\xa5 same q0"});
}

TEST(mqtt_conformance_broker, what_is_too_large_for_a_client_counts_as_sent) {
  site s;
  raw_client viewer(s, "v", {.properties = "27 00000014"});
  viewer.feed(subscribe_packet("a", "01"));
  viewer.said();
  raw_client device(s, "d");
  device.publish("a", std::string(30, 'x'), {.qos = qos_1});
  device.publish("a", "2", {.qos = qos_1});
  EXPECT_EQ(viewer.said(), lines{"a 2 q1"});
}

}  // namespace
}  // namespace perigee::doors::mqtt
