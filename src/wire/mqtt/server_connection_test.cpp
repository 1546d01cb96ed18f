#include "wire/mqtt/server_connection.hpp"

#include <gtest/gtest.h>

#include "wire/mqtt/testing.hpp"

namespace perigee::wire::mqtt {
namespace {

using namespace std::chrono_literals;
using testing::recording_server;
using lines = std::vector<std::string>;

constexpr auto hello_4 = "10 0d 0004 'MQTT' 04 02 000a 0001 'p'";
constexpr auto hello_5 = "10 0e 0004 'MQTT' 05 02 000a 00 0001 'p'";

clock::time_point at(nanoseconds since) { return clock::time_point(since); }

TEST(server_connection, greets_311_and_5) {
  recording_server four;
  four.feed(hello_4);
  EXPECT_EQ(four.events(), lines{"connect p"});
  EXPECT_EQ(four.sent(), "20 02 00 00");

  recording_server five;
  five.feed(hello_5);
  // Receive Maximum 4096, Maximum Packet Size, Topic Alias Maximum 32. What is not said is there (MQTT5 3.2.2.3).
  EXPECT_EQ(five.sent(), "20 0e 00 00 0b 21 10 00 27 00 81 04 3f 22 00 20");
}

TEST(server_connection, first_packet_must_be_connect_and_only_once) {
  recording_server other;
  other.feed("c0 00");
  EXPECT_EQ(other.events(), lines{"closed protocol error will"});
  EXPECT_EQ(other.sent(), "");

  recording_server twice;
  twice.feed(hello_5);
  twice.events();
  twice.sent();
  twice.feed(hello_5);
  EXPECT_EQ(twice.events(), lines{"closed protocol error will"});
  EXPECT_EQ(twice.said(), lines{"disconnect protocol error"});
}

TEST(server_connection, refuses_a_version_it_does_not_speak) {
  const auto answer_to = [](std::string_view level) {
    recording_server peer;
    peer.feed("10 0d 0004 'MQTT'" + std::string(level) + "02 000a 0001 'p'");
    EXPECT_TRUE(peer.connection.closed());
    return peer.sent();
  };
  EXPECT_TRUE(answer_to("06").contains("00 84")) << "in the words of 5.0";
  EXPECT_TRUE(answer_to("02").contains("00 84"));
  EXPECT_EQ(answer_to("03"), "20 02 00 01") << "3.1 has another name";
  EXPECT_EQ(answer_to("84"), "20 02 00 01") << "a bridge comes again as a client of 3.1.1";
}

TEST(server_connection, reads_nothing_more_until_connect_is_answered) {
  recording_server peer;
  peer.hold_connack = true;
  const auto hello = testing::bytes_of(hello_4);
  EXPECT_EQ(peer.feed("10 0d 0004 'MQTT' 04 02 000a 0001 'p' c0 00"), hello.size());
  EXPECT_EQ(peer.sent(), "");
  EXPECT_TRUE(peer.connection.accept({.session_present = true}));
  EXPECT_EQ(peer.feed("c0 00"), 2U);
  EXPECT_EQ(peer.sent(), "20 02 01 00 d0 00");
}

TEST(server_connection, tells_an_assigned_name_and_a_shorter_keep_alive) {
  recording_server peer({}, {.keep_alive_s_max = 5});
  peer.hold_connack = true;
  peer.feed("10 0d 0004 'MQTT' 05 02 000a 00 0000");
  EXPECT_TRUE(peer.connection.accept({.assigned_client_id = "x1", .session_expiry_s = 9}));
  const auto sent = peer.sent();
  EXPECT_TRUE(sent.contains("12 00 02 78 31")) << sent;
  EXPECT_TRUE(sent.contains("11 00 00 00 09")) << sent;
  EXPECT_TRUE(sent.contains("13 00 05")) << sent;
}

TEST(server_connection, acknowledges_publishes) {
  recording_server peer;
  peer.feed(hello_5);
  peer.events();
  peer.sent();
  peer.feed("32 09 0001 'a' 0007 00 'hey' 30 05 0001 'b' 00 'x'");
  EXPECT_EQ(peer.events(), (lines{"publish a hey", "publish b x"}));
  EXPECT_EQ(peer.sent(), "40 02 00 07");
}

TEST(server_connection, a_refused_message_has_a_code_in_5_and_ends_311) {
  recording_server five;
  five.feed(hello_5);
  five.sent();
  five.answer = reason::quota_exceeded;
  five.feed("32 06 0001 'a' 0007 00");
  EXPECT_EQ(five.sent(), "40 03 00 07 97");

  recording_server four;
  four.feed(hello_4);
  four.events();
  four.sent();
  four.answer = reason::quota_exceeded;
  four.feed("32 05 0001 'a' 0007");
  EXPECT_EQ(four.sent(), "");
  EXPECT_EQ(four.events(), (lines{"publish a ", "closed quota exceeded will"}));
}

TEST(server_connection, the_window_of_5_is_enforced) {
  recording_server peer({}, {.receive_maximum = 2});
  peer.feed(hello_5);
  peer.sent();
  peer.hold_acks = true;
  peer.feed("32 06 0001 'a' 0001 00 32 06 0001 'a' 0002 00");
  peer.connection.ack(1, reason::success);
  peer.feed("32 06 0001 'a' 0003 00");
  EXPECT_EQ(peer.sent(), "40 02 00 01");
  peer.feed("32 06 0001 'a' 0004 00");
  EXPECT_EQ(peer.said(), lines{"disconnect receive maximum exceeded"});
}

TEST(server_connection, the_window_of_311_is_back_pressure) {
  recording_server peer({}, {.receive_maximum = 1});
  peer.feed(hello_4);
  peer.hold_acks = true;
  EXPECT_EQ(peer.feed("32 05 0001 'a' 0001 32 05 0001 'a' 0002"), 7U);
  EXPECT_TRUE(peer.connection.paused());
  peer.connection.on_tick(at(1h));
  EXPECT_FALSE(peer.connection.closed()) << "who is not read cannot be silent";
  peer.connection.ack(1, reason::success);
  EXPECT_EQ(peer.feed("32 05 0001 'a' 0002"), 7U);
}

TEST(server_connection, qos_2_takes_two_round_trips) {
  recording_server five;
  five.feed(hello_5);
  five.events();
  five.sent();
  five.feed("34 06 0001 'a' 0001 00");
  EXPECT_EQ(five.sent(), "50 02 00 01");
  five.feed("62 02 0001");
  EXPECT_EQ(five.sent(), "70 02 00 01");
  EXPECT_EQ(five.events(), (lines{"publish a ", "release 1"}));

  five.answer = reason::quota_exceeded;
  five.feed("34 06 0001 'a' 0002 00");
  EXPECT_EQ(five.sent(), "50 03 00 02 97");
  EXPECT_FALSE(five.connection.closed());

  recording_server four;
  four.feed(hello_4);
  four.sent();
  four.answer = reason::quota_exceeded;
  four.feed("34 05 0001 'a' 0001");
  EXPECT_EQ(four.sent(), "") << "3.1.1 has no way to say it";
  EXPECT_TRUE(four.connection.closed());
}

TEST(server_connection, qos_2_counts_until_it_is_complete) {
  recording_server peer({}, {.receive_maximum = 1});
  peer.feed(hello_5);
  peer.sent();
  peer.feed("34 06 0001 'a' 0001 00 62 02 0001 34 06 0001 'a' 0002 00");
  EXPECT_FALSE(peer.connection.closed());
  peer.sent();
  peer.feed("34 06 0001 'a' 0003 00");
  EXPECT_EQ(peer.said(), lines{"disconnect receive maximum exceeded"});
}

TEST(server_connection, resolves_topic_aliases) {
  recording_server peer;
  peer.feed(hello_5);
  peer.events();
  peer.sent();
  peer.feed("30 09 0003 'a/b' 03 23 0001 30 06 0000 03 23 0001 30 07 0001 'c' 03 23 0001 30 06 0000 03 23 0001");
  EXPECT_EQ(peer.events(), (lines{"publish a/b ", "publish a/b ", "publish c ", "publish c "}));
  peer.feed("30 06 0000 03 23 0002");
  EXPECT_EQ(peer.said(), lines{"disconnect protocol error"});
}

TEST(server_connection, refuses_an_alias_out_of_range) {
  for (const auto* bad : {"30 07 0001 'c' 03 23 0000", "30 07 0001 'c' 03 23 0021"}) {
    recording_server peer;
    peer.feed(hello_5);
    peer.sent();
    peer.feed(bad);
    EXPECT_EQ(peer.said(), lines{"disconnect topic alias invalid"});
  }
}

TEST(server_connection, subscribes_and_unsubscribes) {
  recording_server peer;
  peer.feed(hello_5);
  peer.events();
  peer.sent();
  peer.feed("82 0b 1234 00 0001 'a' 00 0001 '#' 02 a2 06 1235 00 0001 'a'");
  EXPECT_EQ(peer.events(), (lines{"subscribe a", "subscribe #", "unsubscribe a"}));
  EXPECT_EQ(peer.sent(), "90 05 12 34 00 00 01 b0 04 12 35 00 00");
}

TEST(server_connection, sends_only_what_the_client_can_take) {
  recording_server peer;
  peer.feed("10 13 0004 'MQTT' 05 02 000a 05 27 00000010 0001 'p'");
  EXPECT_EQ(peer.said(), lines{"connack success"});
  const auto small = testing::bytes_of("'1234567890'");
  EXPECT_TRUE(peer.connection.send({.topic = "a", .payload = small}));
  EXPECT_EQ(peer.said(), lines{"publish a 1234567890"});
  const auto large = testing::bytes_of("'12345678901'");
  EXPECT_FALSE(peer.connection.send({.topic = "a", .payload = large}));
  EXPECT_FALSE(peer.connection.send_encoded(testing::bytes_of("30 0f 0001 'a' 00 '12345678901'"), qos::at_most_once));
  EXPECT_EQ(peer.sent(), "");
}

TEST(server_connection, what_explains_is_left_out_where_it_does_not_fit) {
  recording_server peer;
  peer.feed("10 13 0004 'MQTT' 05 02 000a 05 27 00000010 0001 'p'");
  peer.sent();
  peer.hold_acks = true;
  peer.feed("32 06 0001 'a' 0007 00");
  peer.connection.ack(7, reason::quota_exceeded, "this does not fit into what it takes");
  EXPECT_EQ(peer.sent(), "40 03 00 07 97");
  peer.feed("f0 00");
  EXPECT_EQ(peer.sent(), "e0 01 82");
}

TEST(server_connection, a_client_too_small_for_the_answer_is_refused) {
  recording_server peer;
  peer.feed("10 13 0004 'MQTT' 05 02 000a 05 27 0000000a 0001 'p'");
  EXPECT_EQ(peer.sent(), "20 03 00 95 00");
  EXPECT_TRUE(peer.connection.closed());
}

TEST(server_connection, a_disconnect_says_whether_the_will_goes_out) {
  recording_server clean;
  clean.feed(hello_5);
  clean.events();
  clean.feed("e0 00");
  EXPECT_EQ(clean.events(), lines{"closed success"});

  recording_server with_will;
  with_will.feed(hello_5);
  with_will.events();
  with_will.feed("e0 01 04");
  EXPECT_EQ(with_will.events(), lines{"closed disconnect with will message will"});

  recording_server lost;
  lost.feed(hello_4);
  lost.events();
  lost.connection.on_end();
  lost.connection.on_end();
  EXPECT_EQ(lost.events(), lines{"closed success will"}) << "once";
}

TEST(server_connection, an_expiry_cannot_appear_at_the_end) {
  recording_server peer;
  peer.feed(hello_5);
  peer.sent();
  peer.feed("e0 07 00 05 11 00000005");
  EXPECT_EQ(peer.said(), lines{"disconnect protocol error"});
}

TEST(server_connection, silence_ends_it_after_one_and_a_half_keep_alives) {
  recording_server peer(at(0s));
  peer.feed(hello_5, at(1s));
  peer.sent();
  EXPECT_EQ(peer.connection.deadline(), at(16s));
  peer.feed("c0 00", at(10s));
  EXPECT_EQ(peer.connection.deadline(), at(25s));
  peer.connection.on_tick(at(24s));
  EXPECT_FALSE(peer.connection.closed());
  peer.sent();
  peer.connection.on_tick(at(25s));
  EXPECT_EQ(peer.said(), lines{"disconnect keep alive timeout"});
  EXPECT_TRUE(peer.connection.closed());
}

TEST(server_connection, a_client_that_says_nothing_is_dropped) {
  recording_server peer(at(0s));
  peer.connection.on_tick(at(9s));
  EXPECT_FALSE(peer.connection.closed());
  peer.connection.on_tick(at(10s));
  EXPECT_TRUE(peer.connection.closed());
}

TEST(server_connection, bounds_what_an_unknown_client_may_send) {
  recording_server peer;
  peer.feed("10 ff ff 7f");
  EXPECT_EQ(peer.events(), lines{"closed packet too large will"});
}

TEST(server_connection, a_malformed_packet_has_its_code) {
  recording_server peer;
  peer.feed(hello_5);
  peer.sent();
  peer.feed("82 07 1234 00 0001 00 00");
  EXPECT_EQ(peer.said(), lines{"disconnect malformed packet"});
}

TEST(server_connection, says_how_much_it_waits_for) {
  recording_server peer;
  peer.feed(hello_5);
  EXPECT_EQ(peer.feed("30 ff 7f 0001"), 0U);
  EXPECT_EQ(peer.connection.packet_bytes_wanted(), 3U + 16383U);
}

TEST(server_connection, refuses_with_a_sentence_and_another_server) {
  recording_server peer;
  peer.hold_connack = true;
  peer.feed(hello_5);
  peer.connection.refuse(reason::use_another_server, {.reason_string = "no", .server_reference = "x"});
  EXPECT_EQ(peer.sent(), "20 0c 00 9c 09 1c 00 01 78 1f 00 02 6e 6f");
  EXPECT_TRUE(peer.connection.closed());

  recording_server moved;
  moved.feed(hello_5);
  moved.sent();
  moved.connection.disconnect(reason::server_moved, {.server_reference = "x"});
  EXPECT_EQ(moved.sent(), "e0 06 9d 04 1c 00 01 78");

  recording_server old;
  old.hold_connack = true;
  old.feed(hello_4);
  old.connection.refuse(reason::use_another_server, {.server_reference = "x"});
  EXPECT_EQ(old.sent(), "20 02 00 03");
}

TEST(server_connection, problem_information_reaches_who_wants_it) {
  const auto refused = [](std::string_view hello) {
    recording_server peer;
    peer.feed(hello);
    peer.sent();
    peer.hold_acks = true;
    peer.feed("32 06 0001 'a' 0007 00");
    peer.connection.ack(7, reason::quota_exceeded, "no");
    return peer.sent();
  };
  EXPECT_EQ(refused(hello_5), "40 09 00 07 97 05 1f 00 02 6e 6f");
  EXPECT_EQ(refused("10 10 0004 'MQTT' 05 02 000a 02 17 00 0001 'p'"), "40 03 00 07 97");
}

TEST(server_connection, response_information_reaches_who_asked) {
  for (const bool asked : {false, true}) {
    recording_server peer;
    peer.granted = {.response_information = "r/1"};
    peer.feed(asked ? "10 10 0004 'MQTT' 05 02 000a 02 19 01 0001 'p'" : hello_5);
    EXPECT_EQ(peer.sent().contains("1a 00 03 72 2f 31"), asked);
  }
}

constexpr auto hello_with_method = "10 12 0004 'MQTT' 05 02 000a 04 15 0001 'x' 0001 'p'";
constexpr auto step_x = "f0 0c 18 0a 15 0001 'x' 16 0003 'abc'";
constexpr auto proof_x = "f0 0e 18 0c 15 0001 'x' 16 0005 'proof'";
constexpr auto again_x = "f0 0e 19 0c 15 0001 'x' 16 0005 'proof'";

TEST(server_connection, authenticates_in_steps) {
  recording_server peer;
  peer.feed(hello_with_method);
  EXPECT_EQ(peer.sent(), "f0 0e 18 0c 15 00 01 78 16 00 05 70 72 6f 76 65");
  peer.feed(step_x);
  EXPECT_EQ(peer.said(), lines{"auth continue authentication"});
  peer.feed(proof_x);
  const auto sent = peer.sent();
  EXPECT_TRUE(sent.starts_with("20 ")) << sent;
  EXPECT_TRUE(sent.ends_with("15 00 01 78 16 00 04 64 6f 6e 65")) << sent;
  EXPECT_EQ(peer.events(), (lines{"connect p", "auth abc", "auth proof"}));

  peer.feed(again_x);
  EXPECT_EQ(peer.sent(), "f0 0e 00 0c 15 00 01 78 16 00 05 61 67 61 69 6e");
}

TEST(server_connection, only_auth_comes_while_a_client_authenticates_itself) {
  for (const auto* other : {"c0 00", "30 04 0001 'a' 00", "82 07 1234 00 0001 'a' 00"}) {
    recording_server peer;
    peer.feed(hello_with_method);
    peer.sent();
    peer.feed(other);
    EXPECT_EQ(peer.said(), lines{"connack protocol error"}) << other;
    EXPECT_TRUE(peer.connection.closed());
  }
  recording_server leaves;
  leaves.feed(hello_with_method);
  leaves.sent();
  leaves.feed("e0 00");
  EXPECT_EQ(leaves.sent(), "");
  EXPECT_TRUE(leaves.connection.closed());
}

TEST(server_connection, auth_out_of_turn_is_a_protocol_error) {
  struct row {
    const char* before;
    const char* wrong;
  };
  for (const auto& [before, wrong] : {row{hello_5, again_x}, row{hello_with_method, again_x},
                                      row{hello_with_method, "f0 0b 18 09 15 0001 'y' 16 0002 'ab'"},
                                      row{hello_with_method, "f0 02 18 00"}, row{hello_with_method, "f0 00"}}) {
    recording_server peer;
    peer.feed(before);
    peer.sent();
    peer.feed(wrong);
    const auto said = peer.said();
    ASSERT_EQ(said.size(), 1U);
    EXPECT_TRUE(said[0].ends_with("protocol error")) << wrong;
    EXPECT_TRUE(peer.connection.closed());
  }
  recording_server connected;
  connected.feed(hello_with_method);
  connected.feed(proof_x);
  connected.sent();
  connected.feed(step_x);
  EXPECT_EQ(connected.said(), lines{"disconnect protocol error"}) << "nothing was asked";
}

TEST(server_connection, bounds_the_steps_of_an_authentication) {
  recording_server peer;
  peer.feed(hello_with_method);
  for (int i = 0; i < int{limits::mqtt_auth_steps_max} && !peer.connection.closed(); ++i) peer.feed(step_x);
  EXPECT_FALSE(peer.connection.closed());
  peer.sent();
  peer.feed(step_x);
  EXPECT_EQ(peer.said(), lines{"connack not authorized"});
}

TEST(server_connection, before_5_there_is_no_auth) {
  recording_server peer;
  peer.feed(hello_4);
  peer.sent();
  peer.feed("f0 00");
  EXPECT_EQ(peer.sent(), "");
  EXPECT_TRUE(peer.connection.closed());
}

TEST(server_connection, sends_qos_2_in_two_round_trips) {
  recording_server peer;
  peer.feed("10 11 0004 'MQTT' 05 02 000a 03 21 0002 0001 'p'");
  peer.events();
  peer.sent();
  EXPECT_TRUE(peer.connection.send({.topic = "a", .packet_id = 1, .qos = qos::exactly_once}));
  EXPECT_TRUE(peer.connection.send({.topic = "a", .packet_id = 2, .qos = qos::exactly_once}));
  EXPECT_EQ(peer.connection.send_quota(), 0);
  EXPECT_EQ(peer.said(), (lines{"publish a ", "publish a "}));
  peer.feed("50 02 0001 50 04 0002 97 00");
  EXPECT_EQ(peer.said(), lines{"pubrel 1 success"}) << "a refusal ends it";
  EXPECT_EQ(peer.connection.send_quota(), 1) << "and gives its place back";
  peer.feed("70 02 0001 70 04 0009 92 00");
  EXPECT_EQ(peer.connection.send_quota(), 2) << "never above where it began";
  EXPECT_EQ(peer.events(), (lines{"received 1 success", "received 2 quota exceeded", "completed 1 success",
                                  "completed 9 packet identifier not found"}));
}

TEST(server_connection, a_topic_becomes_an_alias) {
  recording_server peer;
  peer.feed("10 11 0004 'MQTT' 05 02 000a 03 22 0001 0001 'p'");
  peer.sent();
  EXPECT_FALSE(peer.connection.takes_shared_packets());
  const auto x = testing::bytes_of("'x'");
  for (const auto* topic : {"line/1", "line/1", "line/2", "a"}) {
    EXPECT_TRUE(peer.connection.send({.topic = topic, .payload = x}));
  }
  EXPECT_EQ(peer.sent(),
            "30 0d 00 06 6c 69 6e 65 2f 31 03 23 00 01 78 "  // with its topic
            "30 07 00 00 03 23 00 01 78 "                    // without
            "30 0a 00 06 6c 69 6e 65 2f 32 00 78 "           // the client takes no second one
            "30 05 00 01 61 00 78");                         // an alias would be longer
}

TEST(server_connection, an_alias_that_makes_it_too_large_is_not_set) {
  recording_server peer;
  peer.feed("10 16 0004 'MQTT' 05 02 000a 08 22 0001 27 00000010 0001 'p'");
  peer.sent();
  const auto five = testing::bytes_of("'12345'");
  EXPECT_TRUE(peer.connection.send({.topic = "line/1", .payload = five}));
  EXPECT_EQ(peer.said(), lines{"publish line/1 12345"});
  EXPECT_FALSE(peer.connection.send({.topic = "line/1", .payload = testing::bytes_of("'1234567890'")}));
}

TEST(server_connection, serves_3_1) {
  recording_server peer;
  peer.granted = {.session_present = true};
  peer.feed("10 0f 0006 'MQIsdp' 03 02 000a 0001 'p'");
  EXPECT_EQ(peer.sent(), "20 02 00 00") << "3.1 does not know of session present";
  EXPECT_EQ(peer.connection.version(), protocol_version::v3_1);
  recording_server careless;
  careless.feed("14 0f 0006 'MQIsdp' 03 03 000a 0001 'p'");
  EXPECT_EQ(careless.said(), lines{"connack success"}) << "3.1 uses neither flag";
  peer.feed("8a 06 0001 0001 'a' 01");
  EXPECT_EQ(peer.said(), lines{"suback 1 01"}) << "a request of 3.1 may come again with DUP";
}

}  // namespace
}  // namespace perigee::wire::mqtt
