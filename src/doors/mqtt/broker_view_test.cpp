// What an operator sees of the broker, and does to it.

#include "doors/mqtt/broker_view.hpp"

#include <gtest/gtest.h>

#include <format>

#include "base/limits.hpp"
#include "doors/mqtt/detail/testing.hpp"

namespace perigee::doors::mqtt {
namespace {

using namespace std::chrono_literals;
using testing::client;
using testing::site;
using lines = std::vector<std::string>;

std::vector<std::string> ids(const page<client_info>& of) {
  std::vector<std::string> out;
  for (const auto& row : of.rows) out.push_back(row.client_id);
  return out;
}

std::vector<std::string> texts(const page<subscription_info>& of) {
  std::vector<std::string> out;
  for (const auto& row : of.rows)
    out.push_back(std::format("{} {} {}", row.client_id, row.filter, static_cast<int>(row.qos)));
  return out;
}

TEST(broker_view, tells_a_client_by_its_connection_and_its_session) {
  site s;
  const broker_view view(s.core);
  client c(s, "d1",
           {.session_expiry_s = 60,
            .link = {.name = "press-4", .address = "10.0.0.7:5", .anonymous = false, .transport = "tls"}});
  c.subscribe("a/#");
  c.subscribe("b", wire::mqtt::qos::at_most_once);
  c.publish("a/1", "12345");
  s.commit();
  c.exchange();
  const auto found = view.client("d1");
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->connected);
  EXPECT_EQ(found->name, "press-4");
  EXPECT_EQ(found->address, "10.0.0.7:5");
  EXPECT_EQ(found->transport, "tls");
  EXPECT_EQ(found->version, wire::mqtt::protocol_version::v5);
  EXPECT_EQ(found->connected_since, s.now.wall);
  EXPECT_EQ(found->expiry_s, 60U);
  EXPECT_EQ(found->subscriptions, 2U);
  EXPECT_EQ(found->traffic.received, 1U);
  EXPECT_EQ(found->traffic.received_bytes, 5U);
  EXPECT_EQ(found->traffic.sent, 1U);
  EXPECT_EQ(found->traffic.sent_bytes, 5U);
  EXPECT_EQ(found->in_flight, 0U);
  EXPECT_EQ(found->left.at.ns, 0);
  EXPECT_FALSE(view.client("d2"));
}

TEST(broker_view, tells_how_far_an_absent_client_is_behind_and_why_it_left) {
  site s;
  const broker_view view(s.core);
  client keeps(s, "keeps", {.session_expiry_s = 60});
  keeps.subscribe("a/#");
  keeps.lose();
  client sender(s, "sender");
  for (int i = 0; i < 3; ++i) sender.publish("a/1", "x");
  s.commit();
  const auto away = view.client("keeps");
  ASSERT_TRUE(away);
  EXPECT_FALSE(away->connected);
  EXPECT_EQ(away->behind_records, 3U);
  EXPECT_EQ(std::string(away->left.what), "the connection was lost");
  EXPECT_EQ(away->expires, s.now.wall + 60s);
  s.pass(61s);
  EXPECT_FALSE(view.client("keeps"));
  EXPECT_EQ(view.totals().sessions_expired, 1U);
}

TEST(broker_view, counts_what_waits_for_an_acknowledgement_and_what_was_dropped) {
  site s;
  const broker_view view(s.core);
  client slow(s, "slow", {.receive_maximum = 2, .hold_acks = true});
  slow.subscribe("a/#");
  client sender(s, "sender");
  for (int i = 0; i < 5; ++i) sender.publish("a/1", "x");
  s.commit();
  slow.exchange();
  const std::string large(limits::mqtt_output_bytes_max, 'y');
  for (int i = 0; i < 2; ++i) sender.publish("a/1", large, wire::mqtt::qos::at_most_once);
  const auto found = view.client("slow");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->in_flight, 2U);
  EXPECT_EQ(found->behind_records, 3U);
  EXPECT_EQ(found->traffic.dropped, 1U);
  EXPECT_EQ(view.totals().messages_dropped, 1U);
}

TEST(broker_view, lists_clients_in_order_and_page_by_page) {
  site s;
  const broker_view view(s.core);
  client c(s, "c"), a(s, "a"), b(s, "b");
  const auto first = view.clients("", 2);
  EXPECT_EQ(ids(first), (lines{"a", "b"}));
  ASSERT_EQ(first.next, "b");
  const auto last = view.clients(*first.next, 2);
  EXPECT_EQ(ids(last), lines{"c"});
  EXPECT_FALSE(last.next);
  EXPECT_FALSE(view.clients("", 3).next);
  EXPECT_EQ(ids(view.clients("zz", 3)), lines{});
}

TEST(broker_view, finds_the_filters_that_cover_a_topic) {
  site s;
  const broker_view view(s.core);
  client a(s, "a"), b(s, "b"), c(s, "c");
  a.subscribe("plant/+/temp");
  a.subscribe("plant/#", wire::mqtt::qos::at_most_once);
  b.subscribe("plant/1/temp");
  c.subscribe("plant/2/temp");
  const auto found = view.subscribers_of("plant/1/temp", "", 10);
  EXPECT_EQ(texts(found), (lines{"a plant/# 0", "a plant/+/temp 1", "b plant/1/temp 1"}));
  const auto first = view.subscribers_of("plant/1/temp", "", 1);
  EXPECT_EQ(texts(first), (lines{"a plant/# 0", "a plant/+/temp 1"}));
  ASSERT_EQ(first.next, "a");
  EXPECT_EQ(texts(view.subscribers_of("plant/1/temp", *first.next, 1)), lines{"b plant/1/temp 1"});
  c.subscribe("$share/g/plant/1/#");
  EXPECT_EQ(texts(view.subscribers_of("plant/1/temp", "b", 10)), lines{"c $share/g/plant/1/# 1"});
  ASSERT_EQ(view.subscriptions("a").size(), 2U);
  EXPECT_EQ(view.subscriptions("a")[0].filter, "plant/#");
  EXPECT_TRUE(view.subscriptions("nobody").empty());
}

TEST(broker_view, shows_retained_topics_with_as_much_of_the_payload_as_asked) {
  site s;
  const broker_view view(s.core);
  client c(s, "c");
  for (const auto* topic : {"a/1", "a/2", "b/1"}) c.publish(topic, "payload", wire::mqtt::qos::at_least_once, true);
  s.commit();
  const auto all = view.retained({.filter = "#", .after = "", .most = 10});
  ASSERT_EQ(all.rows.size(), 3U);
  EXPECT_EQ(all.rows[0].topic, "a/1");
  EXPECT_EQ(all.rows[0].payload_bytes, 7U);
  EXPECT_TRUE(all.rows[0].payload.empty());
  EXPECT_EQ(all.rows[0].arrival, s.now.wall);
  const auto first = view.retained({.filter = "a/+", .after = "", .most = 1, .payload_bytes_max = 3});
  ASSERT_EQ(first.rows.size(), 1U);
  EXPECT_EQ(as_text(first.rows[0].payload), "pay");
  ASSERT_EQ(first.next, "a/1");
  const auto last = view.retained({.filter = "a/+", .after = *first.next, .most = 1});
  ASSERT_EQ(last.rows.size(), 1U);
  EXPECT_EQ(last.rows[0].topic, "a/2");
  EXPECT_FALSE(last.next);
  EXPECT_EQ(
      view.retained({.filter = "#", .after = "", .most = 10, .payload_bytes_max = 7, .bytes_max = 15}).rows.size(), 2U);
}

TEST(broker_view, kicks_a_client_with_the_reason_and_its_will) {
  site s;
  broker_view view(s.core);
  client watcher(s, "watcher");
  watcher.subscribe("wills");
  wire::mqtt::will_message will;
  will.topic = "wills";
  will.payload = as_bytes("gone");
  client bad(s, "bad", {.session_expiry_s = 60, .will = will});
  EXPECT_FALSE(view.kick("nobody", broker_view::kick_session::keep, s.now));
  EXPECT_TRUE(view.kick("bad", broker_view::kick_session::keep, s.now));
  bad.exchange();
  EXPECT_EQ(bad.heard(), lines{"closed administrative action"});
  s.commit();
  watcher.exchange();
  EXPECT_EQ(watcher.heard(), lines{"wills gone"});
  const auto left = view.client("bad");
  ASSERT_TRUE(left);
  EXPECT_FALSE(left->connected);
  EXPECT_EQ(left->left.code, wire::mqtt::reason::administrative_action);
  EXPECT_TRUE(view.kick("bad", broker_view::kick_session::end, s.now));
  EXPECT_FALSE(view.client("bad"));
}

TEST(broker_view, ends_the_session_of_a_connected_client_where_asked) {
  site s;
  broker_view view(s.core);
  client bad(s, "bad", {.session_expiry_s = 60});
  EXPECT_TRUE(view.kick("bad", broker_view::kick_session::end, s.now));
  EXPECT_FALSE(view.client("bad"));
  client again(s, "bad", {.clean_start = false, .session_expiry_s = 60});
  EXPECT_FALSE(again.session_present);
}

std::string line_of(const traced_event& e) {
  if (e.what == traced_event::kind::closed) return std::format("closed: {}", e.note);
  auto out = std::format("{} {}", e.what == traced_event::kind::received ? "in" : "out", name_of(e.type));
  if (e.id != 0) out += std::format(" {}", e.id);
  if (!e.topic.empty()) out += std::format(" {} {} of {}", e.topic, e.payload_bytes, e.bytes);
  if (e.reason && *e.reason != wire::mqtt::reason::success) out += std::format(" [{}]", wire::mqtt::name_of(*e.reason));
  if (!e.note.empty()) out += std::format(" ({})", e.note);
  return out;
}

TEST(broker_view, traces_every_packet_of_one_client_in_the_order_of_things) {
  site s;
  broker_view view(s.core);
  lines seen;
  auto trace = view.start_trace("d1", [&](const traced_event& e) { seen.push_back(line_of(e)); });
  ASSERT_TRUE(trace);
  client other(s, "other");
  other.publish("x", "y");
  client c(s, "d1", {.session_expiry_s = 60});
  c.subscribe("b/#");
  c.publish("a/1", "12345");
  s.commit();
  c.exchange();
  other.publish("b/1", "1");
  s.commit();
  c.exchange();
  c.disconnect();
  const lines whole{"in CONNECT (MQTT 5, keep alive 0 s, clean start, session expiry 60 s, receive maximum 4096)",
                    "out CONNACK (receive maximum 4096)",
                    "in SUBSCRIBE 65535 (b/# QoS 1)",
                    "out SUBACK 65535 (1)",
                    "in PUBLISH 1 a/1 5 of 15",
                    "out PUBACK 1",
                    "out PUBLISH 1 b/1 1 of 11",
                    "in PUBACK 1",
                    "in DISCONNECT",
                    "closed: the client disconnected"};
  EXPECT_EQ(seen, whole);
  trace->reset();
  client again(s, "d1");
  EXPECT_EQ(seen.size(), whole.size());
}

TEST(broker_view, traces_a_client_that_is_connected_already_and_what_it_is_cut_off_for) {
  site s;
  broker_view view(s.core);
  client c(s, "d1");
  lines seen;
  const auto trace = view.start_trace("d1", [&](const traced_event& e) { seen.push_back(line_of(e)); });
  const std::string_view second_connect("\x10\x0d\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x00", 15);
  (void)c.end().on_bytes(as_bytes(second_connect), s.now);
  c.exchange();
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_TRUE(seen[0].starts_with("in CONNECT")) << seen[0];
  EXPECT_EQ(seen[1], "closed: a second CONNECT");
  EXPECT_EQ(seen[2], "out DISCONNECT [protocol error] ('a second CONNECT')");
}

TEST(broker_view, bounds_the_traces) {
  site s;
  broker_view view(s.core);
  std::vector<std::unique_ptr<broker_view::trace>> all;
  for (std::uint32_t i = 0; i < limits::mqtt_traces_max; ++i) {
    auto one = view.start_trace("d1", [](const traced_event&) {});
    ASSERT_TRUE(one);
    all.push_back(std::move(*one));
  }
  const auto refused = view.start_trace("d2", [](const traced_event&) {});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(is(refused.error(), errc::full));
  all.pop_back();
  EXPECT_TRUE(view.start_trace("d2", [](const traced_event&) {}));
}

TEST(broker_view, sums_up_the_broker) {
  site s;
  const broker_view view(s.core);
  {
    client a(s, "a"), b(s, "b");
    a.subscribe("t");
    b.publish("t", "12345", wire::mqtt::qos::at_least_once, true);
    s.commit();
    a.exchange();
    const auto now = view.totals();
    EXPECT_EQ(now.clients_connected, 2U);
    EXPECT_EQ(now.sessions, 2U);
    EXPECT_EQ(now.subscriptions, 1U);
    EXPECT_EQ(now.retained, 1U);
    EXPECT_EQ(now.retained_bytes, 6U);
    EXPECT_EQ(now.messages_received, 1U);
    EXPECT_EQ(now.message_bytes_received, 5U);
    EXPECT_EQ(now.messages_sent, 1U);
    EXPECT_EQ(now.message_bytes_sent, 5U);
    EXPECT_EQ(now.packets_received, 5U);  // two CONNECTs, SUBSCRIBE, PUBLISH, PUBACK
    b.exchange();
    EXPECT_EQ(view.totals().packets_sent, 5U);  // two CONNACKs, SUBACK, PUBLISH, PUBACK
    EXPECT_GT(now.bytes_received, 5U);
    EXPECT_GT(now.bytes_sent, 5U);
  }
  EXPECT_EQ(view.totals().clients_connected, 0U);
  EXPECT_EQ(view.totals().clients_connected_max, 2U);
}

}  // namespace
}  // namespace perigee::doors::mqtt
