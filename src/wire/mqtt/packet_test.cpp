#include "wire/mqtt/packet.hpp"

#include <gtest/gtest.h>

#include "wire/mqtt/framer.hpp"
#include "wire/mqtt/send_window.hpp"
#include "wire/mqtt/testing.hpp"

namespace perigee::wire::mqtt {
namespace {

using testing::bytes_of;
using testing::hex_of;

constexpr std::size_t any_size = 1U << 20;

/// The code that decoding ends with, success where it decodes.
reason code_of(std::string_view written, protocol_version version) {
  const auto bytes = bytes_of(written);
  const auto f = next_frame(bytes, any_size);
  if (!f) return f.error().code;
  EXPECT_TRUE(f->complete) << written;
  const auto p = decode(f->first_byte, f->body, version);
  return p ? reason::success : p.error().code;
}

/// One packet of each type and version, in the form that encode gives back.
struct canonical {
  protocol_version version;
  const char* bytes;
};
constexpr auto v4 = protocol_version::v3_1_1;
constexpr auto v5 = protocol_version::v5;
constexpr canonical packets[] = {
    {protocol_version::v3_1, "10 0f 0006 'MQIsdp' 03 02 000a 0001 'p'"},
    {v4, "10 0d 0004 'MQTT' 04 02 000a 0001 'p'"},
    {v4, "10 19 0004 'MQTT' 04 ee 000a 0001 'p' 0001 't' 0001 'w' 0001 'u' 0001 's'"},
    {v5, "10 20 0004 'MQTT' 05 c6 000a 03 21 0101 0001 'p' 05 18 00000009 0001 't' 0000 0000 0000"},
    {v4, "20 02 01 00"},
    {v4, "20 02 00 05"},
    {v5, "20 06 00 87 03 21 0010"},
    {v4, "30 08 0003 'a/b' 'xyz'"},
    {v4, "3b 07 0003 'a/b' 1234"},
    {v5, "32 0d 0003 'a/b' 1234 05 02 00000001"},
    {v5, "30 06 0000 03 23 0001"},
    {v4, "40 02 1234"},
    {v5, "40 03 1234 97"},
    {v5, "50 02 1234"},
    {v5, "62 03 1234 92"},
    {v5, "70 0c 1234 00 08 1f 0005 'hello'"},
    {v4, "82 0a 1234 0001 'a' 00 0001 '#' 01"},
    {v5, "82 09 1234 02 0b05 0001 'a' 2d"},
    {v4, "90 04 1234 0180"},
    {v5, "90 05 1234 00 018f"},
    {v4, "a2 05 1234 0001 'a'"},
    {v5, "a2 06 1234 00 0001 'a'"},
    {v4, "b0 02 1234"},
    {v5, "b0 04 1234 00 11"},
    {v4, "c0 00"},
    {v4, "d0 00"},
    {v4, "e0 00"},
    {v5, "e0 01 8e"},
    {v5, "e0 07 04 05 11 00000005"},
    {v5, "f0 07 18 05 15 0002 'xy'"},
};

TEST(packet, every_type_decodes_and_encodes_to_itself) {
  for (const auto& one : packets) {
    const auto bytes = bytes_of(one.bytes);
    const auto f = next_frame(bytes, any_size);
    ASSERT_TRUE(f && f->complete && f->bytes == bytes.size()) << one.bytes;
    const auto p = decode(f->first_byte, f->body, one.version);
    ASSERT_TRUE(p) << one.bytes << ": " << p.error().what;
    byte_buffer again;
    encode(*p, one.version, again);
    EXPECT_EQ(hex_of(again), hex_of(bytes)) << one.bytes;
  }
}

TEST(packet, every_cut_of_every_packet_is_refused) {
  for (const auto& one : packets) {
    const auto bytes = bytes_of(one.bytes);
    const auto f = next_frame(bytes, any_size);
    const auto type = static_cast<packet_type>(bytes[0] >> 4);
    // These have a tail that is not counted: a shorter one is another packet.
    if (type == packet_type::publish || type >= packet_type::disconnect ||
        (type >= packet_type::puback && f->body.size() > 2))
      continue;
    for (std::size_t size = 0; size < f->body.size(); ++size) {
      EXPECT_FALSE(decode(f->first_byte, f->body.first(size), one.version)) << one.bytes << " cut to " << size;
    }
  }
}

TEST(packet, connect_gives_its_fields) {
  const auto bytes =
      bytes_of("10 22 0004 'MQTT' 05 ee 003c 05 11 00000078 0002 'id' 00 0001 't' 0002 'by' 0001 'u' 0001 's'");
  const auto f = next_frame(bytes, any_size);
  const auto p = decode(f->first_byte, f->body, v4);
  ASSERT_TRUE(p) << p.error().what;
  const auto& hello = std::get<connect>(*p);
  EXPECT_EQ(hello.version, v5);
  EXPECT_TRUE(hello.clean_start);
  EXPECT_EQ(hello.keep_alive_s, 60);
  EXPECT_EQ(hello.client_id, "id");
  EXPECT_EQ(find_number(hello.properties, property_id::session_expiry_interval), 120U);
  ASSERT_TRUE(hello.will);
  EXPECT_EQ(hello.will->topic, "t");
  EXPECT_EQ(as_text(hello.will->payload), "by");
  EXPECT_EQ(hello.will->qos, qos::at_least_once);
  EXPECT_TRUE(hello.will->retain);
  EXPECT_EQ(hello.user_name, "u");
  EXPECT_EQ(as_text(*hello.password), "s");
}

TEST(packet, connect_refuses_with_the_right_code) {
  EXPECT_EQ(code_of("10 0d 0004 'MQTT' 04 03 000a 0001 'p'", v4), reason::malformed_packet);  // reserved flag
  EXPECT_EQ(code_of("10 0d 0004 'MQTT' 04 0a 000a 0001 'p'", v4), reason::malformed_packet);  // QoS without a will
  EXPECT_EQ(code_of("10 0d 0004 'MQTT' 06 02 000a 0001 'p'", v4), reason::unsupported_protocol_version);
  EXPECT_EQ(code_of("10 0d 0004 'MQTT' 03 02 000a 0001 'p'", v4), reason::unsupported_protocol_version);
  EXPECT_EQ(code_of("10 0d 0004 'MQTU' 04 02 000a 0001 'p'", v4), reason::malformed_packet);
  EXPECT_EQ(code_of("10 0e 0004 'MQTT' 04 02 000a 0001 'p' 00", v4), reason::malformed_packet);
  EXPECT_EQ(code_of("10 10 0004 'MQTT' 04 42 000a 0001 'p' 0001 's'", v4), reason::malformed_packet);  // no user name
  EXPECT_EQ(code_of("10 0e 0004 'MQTT' 05 02 000a 00 0001 00", v4), reason::client_identifier_not_valid);
  EXPECT_EQ(code_of("10 12 0004 'MQTT' 05 02 000a 04 16 0001 'p' 0001 'p'", v4), reason::protocol_error);
  EXPECT_EQ(code_of("10 14 0004 'MQTT' 05 06 000a 00 0001 'p' 00 0001 '#' 0000", v4), reason::malformed_packet);
}

TEST(packet, publish_refuses_with_the_right_code) {
  EXPECT_EQ(code_of("36 07 0003 'a/b' 0001", v4), reason::malformed_packet);  // QoS 3
  EXPECT_EQ(code_of("38 05 0003 'a/b'", v4), reason::malformed_packet);       // DUP with QoS 0
  EXPECT_EQ(code_of("32 07 0003 'a/b' 0000", v4), reason::protocol_error);    // no identifier
  EXPECT_EQ(code_of("30 02 0000", v4), reason::protocol_error);               // no topic
  EXPECT_EQ(code_of("30 03 0000 00", v5), reason::protocol_error);
  EXPECT_EQ(code_of("30 05 0003 'a/+'", v4), reason::malformed_packet);
  EXPECT_EQ(code_of("30 05 0003 'a' 0001", v4), reason::malformed_packet);
  EXPECT_EQ(code_of("30 06 0003 'a/b' 05", v5), reason::malformed_packet);  // properties past the end
}

TEST(packet, requests_refuse_with_the_right_code) {
  EXPECT_EQ(code_of("82 02 1234", v4), reason::protocol_error);  // no filter
  EXPECT_EQ(code_of("82 06 0000 0001 'a' 00", v4), reason::protocol_error);
  EXPECT_EQ(code_of("82 06 1234 0001 'a' 03", v4), reason::malformed_packet);
  EXPECT_EQ(code_of("82 06 1234 0001 'a' 04", v4), reason::malformed_packet);   // an option of MQTT 5
  EXPECT_EQ(code_of("82 07 1234 00 0001 'a' 30", v5), reason::protocol_error);  // retain handling 3
  EXPECT_EQ(code_of("82 07 1234 00 0001 'a' c0", v5), reason::malformed_packet);
  EXPECT_EQ(code_of("82 10 1234 00 000a '$share/g/a' 04", v5), reason::protocol_error);
  EXPECT_EQ(code_of("80 06 1234 0001 'a' 00", v4), reason::malformed_packet);  // flags
  EXPECT_EQ(code_of("a2 02 1234", v4), reason::protocol_error);
}

TEST(packet, the_rest_refuses_with_the_right_code) {
  EXPECT_EQ(code_of("00 00", v5), reason::malformed_packet);
  EXPECT_EQ(code_of("f0 00", v4), reason::malformed_packet);
  EXPECT_EQ(code_of("c0 01 00", v5), reason::malformed_packet);
  EXPECT_EQ(code_of("c1 00", v5), reason::malformed_packet);
  EXPECT_EQ(code_of("60 02 1234", v5), reason::malformed_packet);
  EXPECT_EQ(code_of("40 02 0000", v5), reason::protocol_error);
  EXPECT_EQ(code_of("40 03 1234 92", v5), reason::malformed_packet);  // not a code of PUBACK
  EXPECT_EQ(code_of("40 03 1234 00", v4), reason::malformed_packet);
  EXPECT_EQ(code_of("e0 01 05", v5), reason::malformed_packet);
  EXPECT_EQ(code_of("20 02 02 00", v5), reason::malformed_packet);
}

TEST(framer, says_when_a_packet_is_whole) {
  const auto bytes = bytes_of("30 85 00 0003 'a/b'");  // a padded length, as some embedded clients write it
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto f = next_frame(byte_view(bytes).first(size), any_size);
    ASSERT_TRUE(f);
    EXPECT_FALSE(f->complete);
    EXPECT_EQ(f->bytes, size < 3 ? 0 : bytes.size());
  }
  const auto f = next_frame(bytes, any_size);
  EXPECT_TRUE(f->complete);
  EXPECT_EQ(f->body.size(), 5U);
}

TEST(framer, refuses_a_long_packet_as_soon_as_its_length_is_there) {
  EXPECT_EQ(next_frame(bytes_of("30 ff 7f"), 1000).error().code, reason::packet_too_large);
  EXPECT_EQ(next_frame(bytes_of("30 ff ff ff ff"), any_size).error().code, reason::malformed_packet);
  EXPECT_TRUE(next_frame(bytes_of("30 ff"), 1000));
}

TEST(reason, has_the_names_of_the_specification) {
  EXPECT_EQ(name_of(reason::receive_maximum_exceeded), "receive maximum exceeded");
  EXPECT_EQ(name_of(static_cast<reason>(0x05)), "unknown reason");
  EXPECT_TRUE(is_failure(reason::unspecified_error));
  EXPECT_FALSE(is_failure(reason::granted_qos_2));
}

TEST(send_window, gives_back_what_was_pushed) {
  send_window<int> window(3);
  EXPECT_EQ(window.push(10), 1);
  EXPECT_EQ(window.push(20), 2);
  EXPECT_EQ(window.push(30), 3);
  EXPECT_TRUE(window.full());
  EXPECT_EQ(window.acknowledge(9), std::nullopt);
  EXPECT_EQ(window.acknowledge(0), std::nullopt);
  EXPECT_EQ(window.acknowledge(2), 20);
  EXPECT_EQ(window.acknowledge(2), std::nullopt);
  EXPECT_TRUE(window.full()) << "the oldest holds it shut";
  EXPECT_EQ(window.acknowledge(1), 10);
  EXPECT_EQ(window.in_flight(), 1U);
  ASSERT_NE(window.find(3), nullptr);
  EXPECT_EQ(*window.find(3), 30);
  EXPECT_EQ(window.find(1), nullptr);
  EXPECT_EQ(window.find(0), nullptr);
  EXPECT_FALSE(window.full());
}

TEST(send_window, never_reuses_an_identifier_in_flight) {
  send_window<std::uint32_t> window(100);
  std::uint32_t acknowledged = 0;
  for (std::uint32_t i = 0; i < 200'000; ++i) {
    if (window.full()) {
      packet_id oldest = 0;
      window.for_each([&](packet_id id, std::uint32_t) { oldest = oldest == 0 ? id : oldest; });
      ASSERT_EQ(window.acknowledge(oldest), acknowledged++);
    }
    const auto id = window.push(i);
    ASSERT_EQ(id, i % 65'535 + 1);
  }
}

TEST(send_window, lists_what_is_in_flight_in_order) {
  send_window<int> window(20);
  for (int i = 0; i < 12; ++i) window.push(i);
  EXPECT_TRUE(window.acknowledge(1));
  EXPECT_TRUE(window.acknowledge(5));
  std::vector<int> seen;
  window.for_each([&](packet_id id, int value) {
    EXPECT_EQ(id, value + 1);
    seen.push_back(value);
  });
  EXPECT_EQ(seen, (std::vector{1, 2, 3, 5, 6, 7, 8, 9, 10, 11}));
  window.clear();
  EXPECT_TRUE(window.empty());
  EXPECT_EQ(window.push(1), 13) << "identifiers go on in turn";
}

}  // namespace
}  // namespace perigee::wire::mqtt
