#include "wire/mqtt/property.hpp"

#include <gtest/gtest.h>

#include "wire/mqtt/testing.hpp"

namespace perigee::wire::mqtt {
namespace {

using testing::bytes_of;

constexpr auto in_publish = place_of(packet_type::publish);
constexpr auto in_connect = place_of(packet_type::connect);

reason code_of(std::string_view written, property_place place) {
  const auto block = bytes_of(written);
  const auto checked = check_properties(block, place);
  return checked ? reason::success : checked.error().code;
}

TEST(property, a_block_of_each_form_is_read_back) {
  byte_buffer block;
  property_writer(block)
      .number(property_id::payload_format_indicator, 1)
      .number(property_id::message_expiry_interval, 3600)
      .number(property_id::topic_alias, 7)
      .number(property_id::subscription_identifier, 300)
      .text(property_id::response_topic, "r/1")
      .user("seq", "42");
  ASSERT_TRUE(check_properties(block, in_publish));
  EXPECT_EQ(find_number(block, property_id::message_expiry_interval), 3600U);
  EXPECT_EQ(find_number(block, property_id::topic_alias), 7U);
  EXPECT_EQ(find_number(block, property_id::subscription_identifier), 300U);
  EXPECT_EQ(find_property(block, property_id::response_topic)->text, "r/1");
  EXPECT_EQ(find_user_property(block, "seq"), "42");
  EXPECT_EQ(find_user_property(block, "epoch"), std::nullopt);
  EXPECT_EQ(find_number(block, property_id::receive_maximum), std::nullopt);
}

TEST(property, the_reader_gives_each_with_its_bytes) {
  const auto block = bytes_of("23 00 07 02 00 00 00 05");
  property_reader reader(block);
  property p;
  ASSERT_TRUE(reader.next(p));
  EXPECT_EQ(p.id, property_id::topic_alias);
  EXPECT_EQ(reader.raw().size(), 3U);
  ASSERT_TRUE(reader.next(p));
  EXPECT_EQ(p.number, 5U);
  EXPECT_EQ(reader.raw().size(), 5U);
  EXPECT_FALSE(reader.next(p));
}

TEST(property, a_property_in_the_wrong_packet_is_a_protocol_error) {
  EXPECT_EQ(code_of("23 00 01", in_connect), reason::protocol_error);
  EXPECT_EQ(code_of("21 00 01", in_publish), reason::protocol_error);
  EXPECT_EQ(code_of("18 00 00 00 01", property_place::will), reason::success);
  EXPECT_EQ(code_of("18 00 00 00 01", in_connect), reason::protocol_error);
}

TEST(property, twice_is_a_protocol_error_unless_it_may_repeat) {
  EXPECT_EQ(code_of("02 00000001 02 00000001", in_publish), reason::protocol_error);
  EXPECT_EQ(code_of("26 0001 'a' 0001 'b' 26 0001 'a' 0001 'c'", in_publish), reason::success);
  EXPECT_EQ(code_of("0b 01 0b 02", in_publish), reason::success);
  EXPECT_EQ(code_of("0b 01 0b 02", place_of(packet_type::subscribe)), reason::protocol_error);
}

TEST(property, values_out_of_range_are_protocol_errors) {
  EXPECT_EQ(code_of("21 00 00", in_connect), reason::protocol_error);
  EXPECT_EQ(code_of("27 00 00 00 00", in_connect), reason::protocol_error);
  EXPECT_EQ(code_of("19 02", in_connect), reason::protocol_error);
  EXPECT_EQ(code_of("01 02", in_publish), reason::protocol_error);
}

TEST(property, what_does_not_parse_is_malformed) {
  for (const auto* bad : {"02 00 00", "00", "04 01", "7f", "80 01", "ff ff ff ff 7f", "26 0001 'a'", "08 0005 'a'",
                          "08 0001 00", "26 0001 'a' 0001 01", "0b 80 00"}) {
    EXPECT_EQ(code_of(bad, in_publish), reason::malformed_packet) << bad;
  }
}

}  // namespace
}  // namespace perigee::wire::mqtt
