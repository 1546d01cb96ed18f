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
  explicit recording_client(client_options options = {}) : connection(*this, options, {}) {
    connection.open({.keep_alive_s = 10, .client_id = "edge"});
  }

  void on_connected(const connack& answer) override {
    events.push_back(answer.session_present ? "resumed" : "connected");
  }
  void on_message(const publish& message) override {
    events.push_back("message " + std::string(message.topic));
    if (message.qos == qos::at_least_once) connection.ack(message.packet_id);
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
};

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
  for (const auto* bad : {"30 07 0001 'c' 03 23 0001", "34 06 0001 'c' 0001 00", "c0 00", "20 03 00 00 00", "30 00"}) {
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

}  // namespace
}  // namespace perigee::wire::mqtt
