// What MQTT 5 says of messages on their way out; docs/conformance-statements.md has the table.

#include <gtest/gtest.h>

#include <algorithm>
#include <format>

#include "doors/mqtt/detail/raw_client.hpp"

namespace perigee::doors::mqtt {
namespace {

namespace wire = perigee::wire::mqtt;
using testing::lasting;
using testing::lines;
using testing::raw_client;
using testing::raw_terms;
using testing::site;
using testing::subscribe_packet;

constexpr wire::publish once{.packet_id = 5, .qos = wire::qos::exactly_once};

/// A viewer's connection, subscribed to `a` with QoS 2 unless its session goes on.
std::unique_ptr<raw_client> viewer_at(site& s, bool goes_on = false) {
  auto made = std::make_unique<raw_client>(
      s, "v", testing::raw_terms{.clean_start = !goes_on, .properties = lasting, .will = std::nullopt});
  if (!goes_on) {
    made->feed(subscribe_packet("a", "02"));
  }
  return made;
}

void publish_once(site& s, std::string_view payload) {
  raw_client device(s, "d");
  device.publish("a", payload, once);
  device.feed("62 02 0005");
}

std::string answer(std::string_view first_byte, wire::packet_id id) {
  return std::format("{}02{:04x}", first_byte, id);
}

TEST(mqtt_conformance_delivery, qos_2_takes_its_two_round_trips) {
  site s;
  const auto viewer = viewer_at(s);
  viewer->said();
  publish_once(s, "1");
  EXPECT_EQ(viewer->said(), lines{"a 1 q2"}) << "not a duplicate";
  const auto first = viewer->last_packet_id();
  EXPECT_NE(first, 0);
  publish_once(s, "2");
  EXPECT_EQ(viewer->said(), lines{"a 2 q2"});
  EXPECT_NE(viewer->last_packet_id(), first) << "that one is in use";
  EXPECT_EQ(viewer->feed(answer("50", first)), lines{std::format("pubrel {} success", first)});
  EXPECT_EQ(viewer->feed(answer("70", first)), lines{});
  EXPECT_FALSE(viewer->closed());
}

TEST(mqtt_conformance_delivery, what_was_not_acknowledged_is_said_again_as_far_as_it_came) {
  site s;
  auto viewer = viewer_at(s);
  publish_once(s, "1");
  publish_once(s, "2");
  viewer->said();
  const auto second = viewer->last_packet_id();
  const auto first = static_cast<wire::packet_id>(second - 1);
  EXPECT_EQ(viewer->feed(answer("50", first)), lines{std::format("pubrel {} success", first)});
  viewer->lose();
  viewer = viewer_at(s, true);
  auto again = viewer->said();
  ASSERT_EQ(again.size(), 3U);
  EXPECT_EQ(again[0], "connack success present");
  std::ranges::sort(again);
  EXPECT_EQ(again, (lines{"a 2 q2 dup", "connack success present", std::format("pubrel {} success", first)}))
      << "the PUBLISH is not sent again once its PUBREL was";
  EXPECT_EQ(viewer->last_packet_id(), second) << "under the same identifier";
  viewer->feed(answer("70", first) + answer("50", second));
  viewer->feed(answer("70", second));
  viewer->lose();
  EXPECT_EQ(viewer_at(s, true)->said(), lines{"connack success present"}) << "all was completed";
}

TEST(mqtt_conformance_delivery, a_refusal_by_the_client_ends_it) {
  site s;
  auto viewer = viewer_at(s);
  publish_once(s, "1");
  viewer->said();
  const auto id = viewer->last_packet_id();
  EXPECT_EQ(viewer->feed(std::format("5004{:04x}9700", id)), lines{}) << "no PUBREL";
  viewer->lose();
  EXPECT_EQ(viewer_at(s, true)->said(), lines{"connack success present"}) << "nor the PUBLISH again";
}

TEST(mqtt_conformance_delivery, what_is_sent_does_not_expire) {
  site s;
  auto viewer = viewer_at(s);
  const auto expiring = testing::bytes_of("02 00000001");
  raw_client device(s, "d");
  device.publish("a", "1", {.packet_id = 5, .qos = wire::qos::exactly_once, .properties = expiring});
  EXPECT_EQ(viewer->said().back(), "a 1 q2");
  viewer->lose();
  s.pass(std::chrono::seconds(5));
  viewer = viewer_at(s, true);
  EXPECT_EQ(viewer->said(), (lines{"connack success present", "a 1 q2 dup"}));
}

TEST(mqtt_conformance_delivery, a_pubrec_of_nothing_is_let_go) {
  site s;
  const auto viewer = viewer_at(s);
  viewer->said();
  EXPECT_EQ(viewer->feed("50 02 0063"), lines{"pubrel 99 packet identifier not found"});
  EXPECT_EQ(viewer->feed("70 02 0063 40 02 0063"), lines{});
  EXPECT_FALSE(viewer->closed());
}

TEST(mqtt_conformance_delivery, an_acknowledgement_out_of_turn_ends_the_connection) {
  struct row {
    const char* granted;
    std::vector<std::string_view> answers;  // the last is wrong
  };
  for (const auto& [granted, answers] :
       {row{"01", {"50"}}, row{"01", {"70"}}, row{"02", {"40"}}, row{"02", {"70"}}, row{"02", {"50", "40"}}}) {
    site s;
    raw_client viewer(s, "v");
    viewer.feed(subscribe_packet("a", granted));
    publish_once(s, "1");
    viewer.said();
    lines last;
    for (const auto one : answers) last = viewer.feed(answer(one, viewer.last_packet_id()));
    EXPECT_EQ(last, lines{"disconnect protocol error"}) << granted << answers.back();
  }
}

TEST(mqtt_conformance_delivery, no_local_is_for_who_sent_it) {
  site s;
  raw_client one(s, "one");
  raw_client other(s, "other");
  one.feed(subscribe_packet("a", "04"));
  other.feed(subscribe_packet("a", "04"));
  one.said();
  other.said();
  one.publish("a", "1");
  EXPECT_EQ(one.said(), lines{});
  EXPECT_EQ(other.said(), lines{"a 1 q0"});
}

TEST(mqtt_conformance_delivery, no_local_tells_clients_of_one_certificate_apart) {
  site s;
  const raw_terms of_plant{.certificate = "plant"};
  raw_client one(s, "one", of_plant);
  raw_client other(s, "other", of_plant);
  for (auto* each : {&one, &other}) {
    each->feed(subscribe_packet("a", "05"));
    each->said();
  }
  EXPECT_EQ(one.publish("a", "1"), lines{});
  EXPECT_EQ(one.publish("a", "2", {.qos = wire::qos::at_least_once}), lines{"puback 1 success"});
  EXPECT_EQ(other.said(), (lines{"a 1 q0", "a 2 q1"}));
}

TEST(mqtt_conformance_delivery, wildcards_in_front_do_not_cover_a_dollar) {
  site s;
  raw_client viewer(s, "v");
  viewer.feed(subscribe_packet("#", "00"));
  viewer.feed(subscribe_packet("+/x", "00"));
  viewer.said();
  s.core.publish_local({"$SYS/x", {}, {}, s.now.wall, false}, s.now);
  EXPECT_EQ(viewer.said(), lines{});
}

}  // namespace
}  // namespace perigee::doors::mqtt
