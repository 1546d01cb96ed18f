#include "wire/mqtt/client_connection.hpp"

#include <gtest/gtest.h>

#include "wire/mqtt/testing.hpp"

namespace perigee::wire::mqtt {
namespace {

using namespace std::chrono_literals;
using testing::bytes_of;
using testing::hex_of;
using testing::recording_server;
using lines = std::vector<std::string>;

clock::time_point at(nanoseconds since) { return clock::time_point(since); }

class recording_client final : public client_handler {
 public:
  explicit recording_client(client_options options = {}) : recording_client({.keep_alive_s = 10}, options) {}
  explicit recording_client(connect hello, client_options options = {}) : connection(*this, options, {}) {
    hello.client_id = "edge";
    connection.open(hello);
  }

  void on_connected(const connack& answer) override {
    events.push_back(answer.session_present ? "resumed" : "connected");
  }
  void on_message(const publish& message) override {
    if (holds) return connection.hold();
    events.push_back("message " + std::string(message.topic));
    if (message.qos != qos::at_most_once && !waits) connection.ack(message.packet_id);
  }
  bool on_release(packet_id id) override {
    events.push_back("release " + std::to_string(id));
    return !waits;
  }
  bool on_received(packet_id id, std::uint64_t tag) override {
    events.push_back("received " + std::to_string(tag) + " as " + std::to_string(id));
    return !waits;
  }
  void on_acknowledged(std::uint64_t tag, reason code) override {
    events.push_back("acknowledged " + std::to_string(tag) + " " + std::string(name_of(code)));
  }
  void on_subscribed(packet_id id, byte_view codes) override {
    events.push_back("subscribed " + std::to_string(id) + " " + hex_of(codes));
  }
  void on_closed(reason code, const char*) override { events.push_back("closed " + std::string(name_of(code))); }

  std::size_t feed(std::string_view written, clock::time_point now = {}) {
    return connection.on_bytes(bytes_of(written), now);
  }
  std::string sent() {
    auto out = hex_of(connection.output());
    connection.output().clear();
    return out;
  }
  result<> publish_text(std::string_view topic, std::uint64_t tag, qos with = qos::at_least_once) {
    return connection.publish({.topic = topic, .payload = {}, .qos = with}, tag);
  }

  client_connection connection;
  lines events;
  bool holds = false;  // takes no message
  bool waits = false;  // answers nothing by itself
};

const connect before_5{.version = protocol_version::v3_1_1, .clean_start = false, .keep_alive_s = 10};
const connect goes_on{.clean_start = false, .keep_alive_s = 10};

/// Moves bytes both ways until there are none.
void exchange(recording_client& client, recording_server& server) {
  while (!client.connection.output().empty() || !server.connection.output().empty()) {
    const auto up = std::exchange(client.connection.output(), {});
    EXPECT_EQ(server.connection.on_bytes(up, {}), up.size());
    const auto down = std::exchange(server.connection.output(), {});
    EXPECT_EQ(client.connection.on_bytes(down, {}), down.size());
  }
}

TEST(client_connection, talks_with_our_own_server) {
  recording_client client;
  recording_server server;
  exchange(client, server);
  EXPECT_EQ(client.events, lines{"connected"});
  ASSERT_TRUE(client.publish_text("a", 77));
  ASSERT_TRUE(client.publish_text("b", 78, qos::at_most_once));
  ASSERT_TRUE(client.connection.subscribe({.filter = "c/#", .qos = qos::at_least_once}));
  ASSERT_TRUE(client.connection.unsubscribe("c/#"));
  exchange(client, server);
  EXPECT_EQ(server.events(), (lines{"connect edge", "publish a ", "publish b ", "subscribe c/#", "unsubscribe c/#"}));
  EXPECT_EQ(client.events,
            (lines{"connected", "acknowledged 77 success", "subscribed 65535 01", "subscribed 65534 00"}));
  ASSERT_TRUE(server.connection.send({.topic = "c/d", .payload = {}, .packet_id = 9, .qos = qos::at_least_once}));
  exchange(client, server);
  EXPECT_EQ(client.events.back(), "message c/d");
  EXPECT_EQ(server.events(), lines{"acknowledged 9 success"});
  client.connection.disconnect();
  exchange(client, server);
  EXPECT_EQ(server.events(), lines{"closed success"});
}

TEST(client_connection, keeps_to_the_servers_window) {
  recording_client client;
  client.feed("20 06 00 00 03 21 0002");
  EXPECT_TRUE(client.publish_text("a", 1));
  EXPECT_TRUE(client.publish_text("a", 2));
  EXPECT_FALSE(client.connection.can_publish());
  EXPECT_TRUE(is(client.publish_text("a", 3).error(), errc::full));
  EXPECT_TRUE(client.publish_text("a", 4, qos::at_most_once)) << "QoS 0 has no window";
  client.feed("40 02 0001");
  EXPECT_TRUE(client.publish_text("a", 3));
  client.feed("40 03 0002 97");
  EXPECT_EQ(client.events, (lines{"connected", "acknowledged 1 success", "acknowledged 2 quota exceeded"}));
}

TEST(client_connection, keeps_to_the_servers_packet_size) {
  recording_client client;
  client.feed("20 08 00 00 05 27 00000014");
  const byte_buffer large(30);
  const publish message{.topic = "a", .payload = large};
  EXPECT_TRUE(is(client.connection.publish(message).error(), errc::too_large));
  EXPECT_TRUE(client.publish_text("a", 1));
}

TEST(client_connection, waits_for_connack_and_reports_a_refusal) {
  recording_client client;
  EXPECT_TRUE(is(client.publish_text("a", 1).error(), errc::full));
  client.feed("20 03 00 87 00");
  EXPECT_EQ(client.events, lines{"closed not authorized"});
  EXPECT_TRUE(is(client.publish_text("a", 1).error(), errc::closed));
}

TEST(client_connection, pings_and_notices_a_dead_server) {
  recording_client client;
  client.sent();
  client.feed("20 03 00 00 00", at(1s));
  EXPECT_EQ(client.connection.deadline(), at(11s));
  client.connection.on_tick(at(11s));
  EXPECT_EQ(client.sent(), "c0 00");
  client.feed("d0 00", at(12s));
  EXPECT_EQ(client.connection.deadline(), at(22s));
  client.connection.on_tick(at(22s));
  client.connection.on_tick(at(27s));
  EXPECT_EQ(client.events.back(), "closed keep alive timeout");
}

TEST(client_connection, gives_up_on_a_server_that_does_not_answer) {
  recording_client client;
  client.connection.on_tick(at(10s));
  EXPECT_EQ(client.events, lines{"closed maximum connect time"});
}

TEST(client_connection, refuses_what_it_did_not_ask_for) {
  for (const auto* bad : {"30 07 0001 'c' 03 23 0001", "c0 00", "20 03 00 00 00", "30 00"}) {
    recording_client client;
    client.feed("20 03 00 00 00");
    client.sent();
    client.feed(bad);
    EXPECT_TRUE(client.connection.closed()) << bad;
    EXPECT_TRUE(client.sent().starts_with("e0 01")) << bad;
  }
}

TEST(client_connection, a_disconnect_from_the_server_has_its_reason) {
  recording_client client;
  client.feed("20 03 00 00 00");
  client.feed("e0 01 8e");
  EXPECT_EQ(client.events.back(), "closed session taken over");
}

TEST(client_connection, says_what_it_takes) {
  recording_client client(goes_on, {.packet_bytes_max = 4096, .receive_maximum = 7});
  EXPECT_EQ(client.sent(), hex_of(bytes_of("10 19 0004 'MQTT' 05 00 000a 08 21 0007 27 00001000 0004 'edge'")));
}

TEST(client_connection, speaks_3_1_1) {
  recording_client client(before_5);
  EXPECT_EQ(client.sent(), hex_of(bytes_of("10 10 0004 'MQTT' 04 00 000a 0004 'edge'")));
  client.feed("20 02 01 00");
  EXPECT_EQ(client.events, lines{"resumed"});
  ASSERT_TRUE(client.publish_text("a", 1));
  EXPECT_EQ(client.sent(), hex_of(bytes_of("32 05 0001 'a' 0001")));
  const subscription wanted{.filter = "b", .qos = qos::exactly_once, .no_local = true, .retain_as_published = true};
  ASSERT_TRUE(client.connection.subscribe(wanted));
  EXPECT_EQ(client.sent(), hex_of(bytes_of("82 06 ffff 0001 'b' 02"))) << "its other options are not of 3.1.1";
  client.feed("40 02 0001  90 03 ffff 80  32 05 0001 'b' 0009");
  EXPECT_EQ(client.sent(), "40 02 00 09");
  EXPECT_EQ(client.events, (lines{"resumed", "acknowledged 1 success", "subscribed 65535 80", "message b"}));
  client.feed("30 00");
  EXPECT_TRUE(client.connection.closed());
  EXPECT_EQ(client.sent(), "") << "a DISCONNECT would say that all is well";
}

TEST(client_connection, a_refusal_of_3_1_1_has_its_reason) {
  recording_client client(before_5);
  client.feed("20 02 00 04");
  EXPECT_EQ(client.events, lines{"closed bad user name or password"});
}

TEST(client_connection, reads_no_more_of_3_1_1_than_it_may_leave_unacknowledged) {
  recording_client client(before_5, {.receive_maximum = 1});
  client.feed("20 02 00 00");
  client.waits = true;
  const auto two = "32 05 0001 'b' 0001  32 05 0001 'c' 0002";
  EXPECT_EQ(client.feed(two), 7U);
  EXPECT_TRUE(client.connection.paused());
  client.connection.on_tick(at(10s));
  client.connection.on_tick(at(60s));
  EXPECT_FALSE(client.connection.closed()) << "the PINGRESP may be among what is not read";
  client.connection.ack(1);
  EXPECT_EQ(client.feed("32 05 0001 'c' 0002"), 7U);
  EXPECT_EQ(client.events, (lines{"connected", "message b", "message c"}));
}

TEST(client_connection, ends_it_with_a_server_of_5_that_sends_past_the_window) {
  recording_client client(goes_on, {.receive_maximum = 1});
  client.feed("20 03 00 00 00");
  client.waits = true;
  client.feed("32 06 0001 'b' 0001 00  32 06 0001 'c' 0002 00");
  EXPECT_EQ(client.events, (lines{"connected", "message b", "closed receive maximum exceeded"}));
}

TEST(client_connection, sends_qos_2_with_its_whole_handshake) {
  recording_client client;
  recording_server server;
  exchange(client, server);
  ASSERT_TRUE(client.publish_text("a", 5, qos::exactly_once));
  exchange(client, server);
  EXPECT_EQ(server.events(), (lines{"connect edge", "publish a ", "release 1"}));
  EXPECT_EQ(client.events, (lines{"connected", "received 5 as 1", "acknowledged 5 success"}));
  EXPECT_EQ(client.connection.in_flight(), 0U);
}

TEST(client_connection, releases_qos_2_when_told_to) {
  recording_client client;
  client.feed("20 03 00 00 00");
  client.waits = true;
  ASSERT_TRUE(client.publish_text("a", 5, qos::exactly_once));
  client.sent();
  client.feed("50 02 0001  50 02 0001");
  EXPECT_EQ(client.sent(), "");
  client.connection.release(1);
  EXPECT_EQ(client.sent(), "62 02 00 01");
  client.feed("50 02 0001");
  EXPECT_EQ(client.sent(), "62 02 00 01") << "the server has not seen it yet";
  client.feed("70 03 0001 92");
  EXPECT_EQ(client.events, (lines{"connected", "received 5 as 1", "acknowledged 5 success"}));
}

TEST(client_connection, a_pubrec_may_refuse_and_may_be_of_nothing) {
  recording_client client;
  client.feed("20 03 00 00 00");
  ASSERT_TRUE(client.publish_text("a", 5, qos::exactly_once));
  client.sent();
  client.feed("50 03 0001 97");
  EXPECT_EQ(client.sent(), "");
  client.feed("50 02 0001");
  EXPECT_EQ(client.sent(), "62 03 00 01 92");
  EXPECT_EQ(client.events.back(), "acknowledged 5 quota exceeded");
}

TEST(client_connection, an_acknowledgement_of_another_qos_ends_it) {
  recording_client client;
  client.feed("20 03 00 00 00");
  ASSERT_TRUE(client.publish_text("a", 5, qos::exactly_once));
  client.feed("40 02 0001");
  EXPECT_EQ(client.events.back(), "closed protocol error");
}

TEST(client_connection, takes_qos_2_once_whatever_the_server_repeats) {
  client_session session;
  {
    recording_client client(goes_on, {.session = &session});
    client.feed("20 03 00 00 00");
    client.sent();
    client.feed("34 06 0001 'c' 0007 00");
    EXPECT_EQ(client.sent(), "50 02 00 07");
  }
  recording_client client(goes_on, {.session = &session});
  client.feed("20 03 01 00 00");
  client.sent();
  client.feed("3c 06 0001 'c' 0007 00");
  EXPECT_EQ(client.sent(), "50 02 00 07");
  client.feed("62 02 0007  62 02 0007");
  EXPECT_EQ(client.sent(), "70 02 00 07 70 03 00 07 92");
  EXPECT_EQ(client.events, (lines{"resumed", "release 7"})) << "the message came over the first connection";
  client.feed("34 06 0001 'd' 0007 00");
  EXPECT_EQ(client.events.back(), "message d") << "the identifier is free again";
}

TEST(client_connection, what_becomes_safe_between_connections_waits_for_the_server_to_ask_again) {
  client_session session;
  {
    recording_client client(goes_on, {.session = &session});
    client.feed("20 03 00 00 00");
    client.waits = true;
    client.feed("34 06 0001 'c' 0007 00");
  }
  recording_client client(goes_on, {.session = &session});
  client.feed("20 03 01 00 00");
  client.sent();
  client.connection.ack(7);
  EXPECT_EQ(client.sent(), "");
  client.feed("3c 06 0001 'c' 0007 00");
  EXPECT_EQ(client.sent(), "50 02 00 07");
}

TEST(client_connection, a_message_that_is_held_comes_again) {
  recording_client client;
  client.feed("20 03 00 00 00");
  client.sent();
  client.holds = true;
  const auto one_of_each = "34 06 0001 'b' 0001 00  32 06 0001 'c' 0002 00";
  EXPECT_EQ(client.feed(one_of_each), 0U);
  EXPECT_TRUE(client.connection.paused());
  client.holds = false;
  client.connection.resume();
  EXPECT_EQ(client.feed(one_of_each), 16U);
  EXPECT_EQ(client.events, (lines{"connected", "message b", "message c"}));
}

TEST(client_connection, a_session_sends_again_what_it_kept) {
  client_session session({.keeps_messages = true});
  {
    recording_client client(goes_on, {.session = &session});
    client.feed("20 03 00 00 00");
    for (const auto tag : {1, 2, 3}) ASSERT_TRUE(client.publish_text("a", static_cast<std::uint64_t>(tag)));
    ASSERT_TRUE(client.publish_text("b", 4, qos::exactly_once));
    client.feed("40 02 0002  50 02 0004");
  }
  recording_client client(goes_on, {.session = &session});
  client.sent();
  client.feed("20 06 01 00 03 21 0002");
  EXPECT_EQ(client.sent(), hex_of(bytes_of("3a 06 0001 'a' 0001 00  3a 06 0001 'a' 0003 00")));
  EXPECT_FALSE(client.connection.can_publish());
  client.feed("40 02 0001");
  EXPECT_EQ(client.sent(), "62 02 00 04");
  client.feed("40 02 0003  70 02 0004");
  EXPECT_EQ(client.events,
            (lines{"resumed", "acknowledged 1 success", "acknowledged 3 success", "acknowledged 4 success"}));
  EXPECT_TRUE(client.connection.can_publish());
}

TEST(client_connection, a_server_that_lost_the_session_gets_everything_as_new) {
  client_session session({.keeps_messages = true});
  {
    recording_client client(goes_on, {.session = &session});
    client.feed("20 03 00 00 00");
    ASSERT_TRUE(client.publish_text("a", 1));
    ASSERT_TRUE(client.publish_text("b", 2, qos::exactly_once));
    client.feed("50 02 0002");
  }
  recording_client client(goes_on, {.session = &session});
  client.sent();
  client.feed("20 03 00 00 00");
  EXPECT_EQ(client.sent(), hex_of(bytes_of("32 06 0001 'a' 0001 00")));
  EXPECT_EQ(client.events, (lines{"acknowledged 2 success", "connected"})) << "the second was the server's already";
}

TEST(client_connection, an_owner_that_sends_again_itself_gets_the_same_identifiers) {
  client_session session;
  {
    recording_client client(goes_on, {.session = &session});
    client.feed("20 03 00 00 00");
    session.restart(2, 20'000);  // the 4,000th again, as it were
    ASSERT_TRUE(client.connection.publish({.topic = "a", .payload = {}, .qos = qos::exactly_once}, 20'000, 2));
    ASSERT_TRUE(client.connection.publish({.topic = "b", .payload = {}, .qos = qos::exactly_once}, 20'001, 2));
    client.feed("50 02 8ca1");
  }
  recording_client client(goes_on, {.session = &session});
  client.feed("20 03 01 00 00");
  client.sent();
  session.restart(2, 20'000);
  client.connection.release_again(20'000, 2);
  ASSERT_TRUE(client.connection.publish({.topic = "b", .payload = {}, .qos = qos::exactly_once}, 20'001, 2));
  EXPECT_EQ(client.sent(), hex_of(bytes_of("62 02 8ca1  34 06 0001 'b' 8ca2 00")));
  client.feed("70 02 8ca1");
  EXPECT_EQ(client.events.back(), "acknowledged 20000 success");
}

TEST(client_connection, keeps_to_what_the_server_serves) {
  recording_client client;
  client.feed("20 07 00 00 04 24 01 25 00");
  EXPECT_TRUE(is(client.publish_text("a", 1, qos::exactly_once).error(), errc::unsupported));
  EXPECT_TRUE(is(client.connection.publish({.topic = "a", .payload = {}, .retain = true}).error(), errc::unsupported));
  EXPECT_TRUE(client.publish_text("a", 1));
}

TEST(client_connection, a_session_that_was_not_asked_for_is_refused) {
  recording_client client;
  client.feed("20 03 01 00 00");
  EXPECT_EQ(client.events, lines{"closed protocol error"});
}

TEST(client_connection, keeps_alive_as_the_server_says) {
  recording_client client;  // it wished for 10 s
  client.sent();
  client.feed("20 06 00 00 03 13 0004");
  client.connection.on_tick(clock::time_point(std::chrono::seconds(4)));
  EXPECT_EQ(client.sent(), "c0 00");
}

}  // namespace
}  // namespace perigee::wire::mqtt
