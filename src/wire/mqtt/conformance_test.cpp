// Normative statements of MQTT 5 that one packet or one connection decides; docs/conformance-statements.md says which.

#include <gtest/gtest.h>

#include <algorithm>

#include "wire/mqtt/testing.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::wire::mqtt {
namespace {

using testing::bytes_of;
using testing::hex_of;
using testing::recording_server;
using lines = std::vector<std::string>;

constexpr auto hello_5 = "10 0e 0004 'MQTT' 05 02 000a 00 0001 'p'";

/// What decoding a packet of MQTT 5 says.
reason verdict(std::string_view written) {
  const auto raw = bytes_of(written);
  const auto f = next_frame(raw, raw.size());
  if (!f) return f.error().code;
  if (!f->complete || f->bytes != raw.size()) return reason::unspecified_error;
  const auto p = decode(f->first_byte, f->body, protocol_version::v5);
  return p ? reason::success : p.error().code;
}

/// A CONNECT of MQTT 5 with these flags, properties and payload.
std::string connect_with(std::string_view flags, std::string_view payload, std::string_view properties = "") {
  const auto block = bytes_of(properties);
  const auto rest = bytes_of(payload);
  const byte_buffer lengths{static_cast<std::uint8_t>(11 + block.size() + rest.size()),
                            static_cast<std::uint8_t>(block.size())};
  return "10" + hex_of(byte_view(lengths).first(1)) + "0004 'MQTT' 05" + std::string(flags) + "000a" +
         hex_of(byte_view(lengths).last(1)) + std::string(properties) + std::string(payload);
}

TEST(mqtt_conformance, fixed_headers_have_their_flags) {
  const auto flagged = [](int type, int flags, std::string_view rest) {
    const byte_buffer first{static_cast<std::uint8_t>(type << 4 | flags)};
    return verdict(hex_of(first) + std::string(rest));
  };
  struct row {
    int type;
    int flags;  // the only right ones
    const char* rest;
  };
  constexpr row rows[] = {{1, 0, "0e 0004 'MQTT' 05 02 000a 00 0001 'p'"},
                          {2, 0, "03 00 00 00"},
                          {4, 0, "02 0001"},
                          {5, 0, "02 0001"},
                          {6, 2, "02 0001"},
                          {7, 0, "02 0001"},
                          {8, 2, "07 0001 00 0001 'a' 00"},
                          {9, 0, "04 0001 00 00"},
                          {10, 2, "06 0001 00 0001 'a'"},
                          {11, 0, "04 0001 00 00"},
                          {12, 0, "00"},
                          {13, 0, "00"},
                          {14, 0, "00"},
                          {15, 0, "00"}};
  for (const auto& [type, right, rest] : rows) {
    for (int flags = 0; flags < 16; ++flags) {
      EXPECT_EQ(flagged(type, flags, rest), flags == right ? reason::success : reason::malformed_packet)
          << type << " " << flags;
    }
  }
}

TEST(mqtt_conformance, a_packet_identifier_is_there_and_not_zero) {
  for (const auto* packet : {"32 06 0001 'a' 0000 00", "34 06 0001 'a' 0000 00", "82 07 0000 00 0001 'a' 00",
                             "a2 06 0000 00 0001 'a'", "40 02 0000", "62 02 0000"}) {
    EXPECT_EQ(verdict(packet), reason::protocol_error) << packet;
  }
  byte_buffer out;
  encode(publish{.topic = "a", .packet_id = 7}, protocol_version::v5, out);
  EXPECT_EQ(hex_of(out), "30 04 00 01 61 00") << "QoS 0 has none";
}

TEST(mqtt_conformance, no_properties_are_a_length_of_zero) {
  const auto encoded = [](const packet& p) {
    byte_buffer out;
    encode(p, protocol_version::v5, out);
    return hex_of(out);
  };
  const byte_buffer codes{0};
  EXPECT_EQ(encoded(connack{}), "20 03 00 00 00");
  EXPECT_EQ(encoded(publish{.topic = "a"}), "30 04 00 01 61 00");
  EXPECT_EQ(encoded(subscription_ack{.packet_id = 1, .codes = codes}), "90 04 00 01 00 00");
  EXPECT_EQ(encoded(acknowledgement{.packet_id = 1, .code = reason::not_authorized}), "40 03 00 01 87")
      << "an acknowledgement may leave even the length out (MQTT5 3.4.2.1)";
}

TEST(mqtt_conformance, the_payload_of_connect_is_what_its_flags_say) {
  EXPECT_EQ(verdict(connect_with("02", "0001 'p'")), reason::success);
  EXPECT_EQ(verdict(connect_with("c6", "0001 'p' 00 0001 't' 0001 'w' 0001 'u' 0001 'x'")), reason::success);
  EXPECT_EQ(verdict(connect_with("02", "")), reason::malformed_packet) << "no client identifier";
  EXPECT_EQ(verdict(connect_with("02", "0001 'p' 0001 'u'")), reason::malformed_packet) << "a user name without flag";
  EXPECT_EQ(verdict(connect_with("82", "0001 'p'")), reason::malformed_packet) << "a flag without user name";
  EXPECT_EQ(verdict(connect_with("82", "0001 'p' 0001 'u' 0001 'x'")), reason::malformed_packet) << "a password more";
  EXPECT_EQ(verdict(connect_with("c2", "0001 'p' 0001 'u'")), reason::malformed_packet) << "a password less";
  EXPECT_EQ(verdict(connect_with("42", "0001 'p' 0001 'x'")), reason::success) << "5 has passwords without user name";
  EXPECT_EQ(verdict(connect_with("06", "0001 'p' 00 0001 't'")), reason::malformed_packet) << "half a will";
  EXPECT_EQ(verdict(connect_with("06", "0001 'p'")), reason::malformed_packet) << "no will";
  EXPECT_EQ(verdict(connect_with("03", "0001 'p'")), reason::malformed_packet) << "the reserved flag";
}

TEST(mqtt_conformance, will_flags_need_a_will) {
  for (const auto* flags : {"0a", "12", "1a", "22"}) {
    EXPECT_EQ(verdict(connect_with(flags, "0001 'p'")), reason::malformed_packet) << flags;
  }
  for (const auto* flags : {"06", "0e", "16", "26"}) {
    EXPECT_EQ(verdict(connect_with(flags, "0001 'p' 00 0001 't' 0000")), reason::success) << flags;
  }
  EXPECT_EQ(verdict(connect_with("1e", "0001 'p' 00 0001 't' 0000")), reason::malformed_packet) << "QoS 3";
}

TEST(mqtt_conformance, strings_are_utf_8_without_null) {
  for (const std::string bad : {"0002 c328", "0003 eda080", "0001 00", "0003 610062", "0004 f4908080"}) {
    EXPECT_EQ(verdict(connect_with("02", bad)), reason::client_identifier_not_valid);
    for (const auto& connect :
         {connect_with("06", "0001 'p' 00" + bad + "0000"), connect_with("82", "0001 'p'" + bad),
          connect_with("02", "0001 'p'", "15" + bad), connect_with("02", "0001 'p'", "26 0001 'a'" + bad),
          connect_with("02", "0001 'p'", "26" + bad + "0001 'a'")}) {
      EXPECT_EQ(verdict(connect), reason::malformed_packet) << connect;
    }
    const auto sized = [](std::string_view head, const std::string& body) {
      const byte_buffer size{static_cast<std::uint8_t>(bytes_of(body).size())};
      return std::string(head) + hex_of(size) + body;
    };
    const auto property = [&](std::string_view id) { return sized("", std::string(id) + bad); };
    for (const auto& packet : {sized("30", bad + "00"), sized("82", "0001 00" + bad + "00"),
                               sized("a2", "0001 00" + bad), sized("30", "0001 'a'" + property("08")),
                               sized("30", "0001 'a'" + property("03")), sized("e0", "00" + property("1f"))}) {
      EXPECT_EQ(verdict(packet), reason::malformed_packet) << packet;
    }
  }
}

TEST(mqtt_conformance, a_zero_width_space_is_a_character) {
  recording_server peer;
  peer.feed(hello_5);
  peer.events();
  peer.feed("30 07 0004 efbbbf 'a' 00");
  EXPECT_EQ(peer.events(), lines{"publish \xef\xbb\xbf\x61 "});
  EXPECT_FALSE(matches("a", "\xef\xbb\xbf\x61"));
}

TEST(mqtt_conformance, a_length_has_no_byte_too_many) {
  EXPECT_EQ(verdict("30 04 0001 'a' 00"), reason::success);
  EXPECT_EQ(verdict("30 05 0001 'a' 8000"), reason::malformed_packet) << "a property length";
  EXPECT_EQ(verdict("82 0a 0001 03 0b 8100 0001 'a' 00"), reason::malformed_packet) << "a subscription identifier";
  EXPECT_EQ(verdict("30 8400 0001 'a' 00"), reason::success) << "but for a remaining length, on purpose";
}

TEST(mqtt_conformance, topic_names_have_a_character_and_no_wildcard) {
  for (const auto* packet : {"30 04 0001 '#' 00", "30 06 0003 'a/+' 00"}) {
    EXPECT_EQ(verdict(packet), reason::malformed_packet) << packet;
  }
  EXPECT_EQ(verdict("30 03 0000 00"), reason::protocol_error) << "neither topic nor alias";
  EXPECT_EQ(verdict(connect_with("06", "0001 'p' 00 0001 '#' 0000")), reason::malformed_packet);
  for (const auto* response :
       {"30 09 0001 'a' 05 08 0002 'b#'", "30 09 0001 'a' 05 08 0002 '+b'", "30 07 0001 'a' 03 08 0000"}) {
    EXPECT_EQ(verdict(response), reason::protocol_error) << response;
  }
  EXPECT_EQ(verdict("82 06 0001 00 0000 00"), reason::malformed_packet) << "nor is there a filter without";
}

TEST(mqtt_conformance, requests_have_a_filter_and_known_options) {
  EXPECT_EQ(verdict("82 03 0001 00"), reason::protocol_error);
  EXPECT_EQ(verdict("a2 03 0001 00"), reason::protocol_error);
  EXPECT_EQ(verdict("82 07 0001 00 0001 'a' 40"), reason::malformed_packet) << "a reserved option";
  EXPECT_EQ(verdict("82 07 0001 00 0001 'a' 03"), reason::malformed_packet) << "QoS 3";
  EXPECT_EQ(verdict("82 07 0001 00 0001 'a' 30"), reason::protocol_error) << "retain handling 3";
  EXPECT_EQ(verdict("82 10 0001 00 000a '$share/g/a' 05"), reason::protocol_error) << "no local, and shared";
}

TEST(mqtt_conformance, publish_has_one_qos_and_dup_only_above_0) {
  EXPECT_EQ(verdict("36 06 0001 'a' 0001 00"), reason::malformed_packet);
  EXPECT_EQ(verdict("38 04 0001 'a' 00"), reason::malformed_packet);
  EXPECT_EQ(verdict("3a 06 0001 'a' 0001 00"), reason::success);
}

TEST(mqtt_conformance, reason_codes_are_those_of_their_packet) {
  struct row {
    const char* head;
    lines right;
  };
  const row rows[] = {{"40 04 0001", {"00", "10", "80", "83", "87", "90", "91", "97", "99"}},
                      {"50 04 0001", {"00", "10", "80", "83", "87", "90", "91", "97", "99"}},
                      {"62 04 0001", {"00", "92"}},
                      {"70 04 0001", {"00", "92"}},
                      {"f0 02", {"00", "18", "19"}}};
  for (const auto& [head, right] : rows) {
    for (int code = 0; code < 256; ++code) {
      const auto written = hex_of(byte_buffer{static_cast<std::uint8_t>(code)});
      const bool is_right = std::ranges::find(right, written) != right.end();
      EXPECT_EQ(verdict(std::string(head) + written + "00"), is_right ? reason::success : reason::malformed_packet)
          << head << written;
    }
  }
  EXPECT_EQ(verdict("e0 01 01"), reason::malformed_packet);
  EXPECT_EQ(verdict("20 03 00 01 00"), reason::malformed_packet);
  EXPECT_EQ(verdict("20 03 02 00 00"), reason::malformed_packet) << "reserved flags of CONNACK";
}

TEST(mqtt_conformance, nothing_goes_out_before_connack_and_only_one) {
  recording_server peer;
  peer.hold_connack = true;
  peer.feed(hello_5);
  EXPECT_FALSE(peer.connection.send({.topic = "a"}));
  EXPECT_EQ(peer.said(), lines{});
  EXPECT_TRUE(peer.connection.accept({}));
  EXPECT_EQ(peer.said(), lines{"connack success"});

  recording_server early;
  early.hold_connack = true;
  early.feed(hello_5);
  early.connection.disconnect(reason::server_shutting_down);
  EXPECT_EQ(early.said(), lines{}) << "DISCONNECT follows a CONNACK";
  EXPECT_TRUE(early.connection.closed());
}

TEST(mqtt_conformance, what_follows_a_refused_connect_is_not_read) {
  recording_server peer;
  peer.hold_connack = true;
  peer.feed(std::string(hello_5) + "30 04 0001 'a' 00");
  peer.connection.refuse(reason::not_authorized);
  peer.feed("30 04 0001 'a' 00");
  EXPECT_EQ(peer.events(), lines{"connect p"});
  EXPECT_EQ(peer.said(), lines{"connack not authorized"});
}

TEST(mqtt_conformance, nothing_follows_a_disconnect) {
  recording_server peer;
  peer.feed(hello_5);
  peer.hold_acks = true;
  peer.feed("32 06 0001 'a' 0001 00 34 06 0001 'a' 0002 00");
  peer.sent();
  peer.connection.disconnect(reason::server_shutting_down);
  EXPECT_EQ(peer.sent(), "e0 01 8b") << "no session expiry interval in it";
  peer.connection.ack(1, reason::success);
  peer.connection.receive(2, reason::success);
  peer.connection.complete(2, reason::success);
  peer.connection.release(3);
  peer.connection.suback(4, bytes_of("00"));
  EXPECT_FALSE(peer.connection.send({.topic = "a"}));
  peer.feed("c0 00");
  EXPECT_EQ(peer.sent(), "");
}

TEST(mqtt_conformance, explanations_keep_to_the_clients_packet_size) {
  const std::string why(40, 'y');
  recording_server peer;
  peer.feed(connect_with("02", "0001 'p'", "27 00000014"));
  peer.said();
  peer.hold_acks = true;
  peer.feed("32 06 0001 'a' 0001 00 34 06 0001 'a' 0002 00");
  peer.connection.ack(1, reason::not_authorized, why);
  peer.connection.receive(2, reason::not_authorized, why);
  peer.connection.suback(3, bytes_of("87"), why);
  peer.connection.unsuback(4, bytes_of("87"), why);
  const auto user = bytes_of("26 0001 'k' 000a '0123456789'");
  peer.connection.disconnect(reason::server_busy, {.reason_string = why, .user_properties = user});
  EXPECT_EQ(peer.sent(), "40 03 00 01 87 50 03 00 02 87 90 04 00 03 00 87 b0 04 00 04 00 87 e0 01 89");

  recording_server refused;
  refused.hold_connack = true;
  refused.feed(connect_with("02", "0001 'p'", "27 00000014"));
  refused.connection.refuse(reason::not_authorized, {.reason_string = why, .user_properties = user});
  EXPECT_EQ(refused.sent(), "20 03 00 87 00");
}

TEST(mqtt_conformance, an_authentication_keeps_to_the_clients_packet_size) {
  recording_server peer;
  peer.feed(connect_with("02", "0001 'p'", "15 0001 'x' 27 0000000a"));
  EXPECT_EQ(peer.sent(), "");
  EXPECT_TRUE(peer.connection.closed());
}

TEST(mqtt_conformance, a_full_window_stops_only_messages) {
  recording_server peer({}, {.receive_maximum = 1});
  peer.feed(connect_with("02", "0001 'p'", "21 0001"));
  peer.hold_acks = true;
  peer.feed("32 06 0001 'a' 0001 00");
  peer.sent();
  EXPECT_TRUE(peer.connection.send({.topic = "a", .packet_id = 1, .qos = qos::at_least_once}));
  EXPECT_EQ(peer.connection.send_quota(), 0);
  peer.feed("c0 00 82 07 0002 00 0001 'a' 00 62 02 0009");
  EXPECT_EQ(peer.said(), (lines{"publish a ", "pingresp", "suback 2 00", "pubcomp 9 success"}));
  peer.feed("40 02 0001");
  EXPECT_EQ(peer.connection.send_quota(), 1);
}

TEST(mqtt_conformance, aliases_end_with_their_connection) {
  recording_server first;
  first.feed(hello_5);
  first.feed("30 08 0002 'ab' 03 23 0001");
  EXPECT_FALSE(first.connection.closed());
  recording_server second;
  second.feed(hello_5);
  second.sent();
  second.feed("30 06 0000 03 23 0001");
  EXPECT_EQ(second.said(), lines{"disconnect protocol error"});
}

TEST(mqtt_conformance, every_alias_that_was_granted_is_taken) {
  recording_server peer;
  peer.feed(hello_5);
  peer.events();
  for (int alias = 1; alias <= int{limits::mqtt_topic_aliases_max}; ++alias) {
    const auto number = hex_of(byte_buffer{0, static_cast<std::uint8_t>(alias)});
    peer.feed("30 08 0002 'ab' 03 23" + number + "30 06 0000 03 23" + number);
    EXPECT_EQ(peer.events(), (lines{"publish ab ", "publish ab "})) << alias;
  }
}

TEST(mqtt_conformance, a_client_without_aliases_gets_none) {
  for (const auto& hello : {std::string(hello_5), connect_with("02", "0001 'p'", "22 0000")}) {
    recording_server peer;
    peer.feed(hello);
    peer.sent();
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(peer.connection.send({.topic = "line/1"}));
    EXPECT_EQ(peer.sent(), "30 09 00 06 6c 69 6e 65 2f 31 00 30 09 00 06 6c 69 6e 65 2f 31 00");
  }
}

TEST(mqtt_conformance, a_client_sends_no_subscription_identifier_and_no_server_packet) {
  for (const auto* packet :
       {"30 06 0001 'a' 02 0b 01", "20 03 00 00 00", "90 04 0001 00 00", "b0 04 0001 00 00", "d0 00"}) {
    recording_server peer;
    peer.feed(hello_5);
    peer.sent();
    peer.feed(packet);
    EXPECT_EQ(peer.said(), lines{"disconnect protocol error"}) << packet;
  }
}

TEST(mqtt_conformance, a_keep_alive_that_is_not_changed_is_the_clients) {
  recording_server peer;
  peer.feed(hello_5);
  EXPECT_FALSE(peer.sent().contains("13 00"));
  EXPECT_EQ(peer.connection.deadline(), clock::time_point(std::chrono::seconds(15)));
  recording_server none;
  none.feed("10 0e 0004 'MQTT' 05 02 0000 00 0001 'p'");
  EXPECT_EQ(none.connection.deadline(), clock::time_point::max());
}

TEST(mqtt_conformance, a_reauthentication_that_fails_ends_the_connection) {
  recording_server peer;
  peer.feed(connect_with("02", "0001 'p'", "15 0001 'x'"));
  peer.feed("f0 0e 18 0c 15 0001 'x' 16 0005 'proof'");
  peer.feed("f0 0c 19 0a 15 0001 'x' 16 0003 'bad'");
  peer.said();
  peer.connection.disconnect(reason::not_authorized);
  EXPECT_EQ(peer.said(), lines{"disconnect not authorized"});
  EXPECT_TRUE(peer.connection.closed());
}

TEST(mqtt_conformance, answers_before_5_have_its_codes) {
  const auto encoded = [](const packet& p) {
    byte_buffer out;
    encode(p, protocol_version::v3_1_1, out);
    return hex_of(out);
  };
  const byte_buffer codes{0, 1, 0x87};
  EXPECT_EQ(encoded(subscription_ack{.packet_id = 1, .codes = codes}), "90 05 00 01 00 01 80");
  EXPECT_EQ(encoded(subscription_ack{.type = packet_type::unsuback, .packet_id = 1, .codes = codes}), "b0 02 00 01");
  EXPECT_EQ(encoded(acknowledgement{.packet_id = 1, .code = reason::no_matching_subscribers}), "40 02 00 01");
  using enum reason;
  constexpr reason refusals[] = {success,     unsupported_protocol_version, client_identifier_not_valid,
                                 server_busy, bad_user_name_or_password,    not_authorized};
  for (std::uint8_t i = 0; i < std::size(refusals); ++i) {
    EXPECT_EQ(encoded(connack{.code = refusals[i]}), "20 02 00 " + hex_of(byte_buffer{i}));
  }
  recording_server peer;
  peer.feed("10 0d 0004 'MQTT' 04 02 000a 0001 'p'");
  peer.sent();
  peer.connection.disconnect(server_shutting_down);
  EXPECT_EQ(peer.sent(), "") << "a server of 3.1.1 has no DISCONNECT";
}

TEST(mqtt_conformance, a_first_byte_that_starts_no_packet_is_enough) {
  for (const auto* first : {"0a", "80", "c1"}) {
    recording_server peer;
    peer.feed(hello_5);
    peer.sent();
    peer.feed(first);
    EXPECT_EQ(peer.said(), lines{"disconnect malformed packet"}) << first;
  }
}

TEST(mqtt_conformance, a_filter_that_is_none_ends_311) {
  for (const auto* request : {"82 0a 1234 0005 'ab/+e' 00", "a2 09 1234 0005 'ab/+e'"}) {
    recording_server peer;
    peer.feed("10 0d 0004 'MQTT' 04 02 000a 0001 'p'");
    peer.feed(request);
    EXPECT_TRUE(peer.connection.closed()) << request;
  }
}

}  // namespace
}  // namespace perigee::wire::mqtt
