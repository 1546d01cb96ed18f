#include "cli/mqtt_message_text.hpp"

#include <gtest/gtest.h>

namespace perigee::cli {
namespace {

constexpr timestamp at{1'700'000'000'000'000'000};

wire::mqtt::publish message_of(std::string_view payload) {
  wire::mqtt::publish out;
  out.topic = "a/\"b\"";
  out.payload = as_bytes(payload);
  out.qos = wire::mqtt::qos::at_least_once;
  out.retain = true;
  return out;
}

TEST(message_json, has_the_payload_as_text_or_as_hexadecimal) {
  EXPECT_EQ(message_json(message_of(std::string_view("1\0002", 3)), at),
            "{\"topic\":\"a/\\\"b\\\"\",\"time\":\"2023-11-14T22:13:20Z\",\"qos\":1,\"retain\":true,"
            "\"payload_hex\":\"310032\"}\n");
  EXPECT_TRUE(message_json(message_of("{\n\t1}"), at).ends_with("\"payload\":\"{\\n\\t1}\"}\n"));
  EXPECT_TRUE(message_json(message_of("ü"), at).ends_with("\"payload\":\"ü\"}\n"));
}

TEST(message_json, has_the_properties_of_the_message) {
  byte_buffer properties;
  wire::mqtt::property_writer(properties)
      .text(wire::mqtt::property_id::content_type, "text/plain")
      .text(wire::mqtt::property_id::correlation_data, std::string_view("\x01\x02", 2))
      .number(wire::mqtt::property_id::message_expiry_interval, 60)
      .number(wire::mqtt::property_id::subscription_identifier, 7)
      .user("k", "v")
      .user("k", "w");
  auto message = message_of("x");
  message.properties = properties;
  EXPECT_TRUE(message_json(message, at)
                  .ends_with("\"properties\":{\"content_type\":\"text/plain\",\"correlation_hex\":\"0102\","
                             "\"expiry_s\":60,\"user\":[[\"k\",\"v\"],[\"k\",\"w\"]]}}\n"));
}

TEST(message_as, puts_the_message_into_a_format) {
  EXPECT_EQ(message_as("%I %t %q%r %l %x %p %%", message_of("ab"), at),
            "2023-11-14T22:13:20Z a/\"b\" 11 2 6162 ab %\n");
  EXPECT_EQ(message_as("", message_of("ab"), at), "\n");
}

TEST(message_as, knows_what_stands_for_nothing) {
  EXPECT_EQ(unknown_in_format("%t: %p%%"), "");
  EXPECT_EQ(unknown_in_format("%t %z"), "%z");
  EXPECT_EQ(unknown_in_format("100%"), "%");
}

}  // namespace
}  // namespace perigee::cli
