#include <gtest/gtest.h>

#include <vector>

#include "model/detail/sparkplug_payload.hpp"
#include "model/sparkplug_topic.hpp"

namespace perigee::model::sparkplug {
namespace {

std::vector<metric> metrics_of(byte_view payload) {
  std::vector<metric> out;
  const auto read = for_each_metric(payload, [&](const metric& m) {
    out.push_back(m);
    return result<>();
  });
  EXPECT_TRUE(read);
  return out;
}

bool is_readable(const byte_buffer& payload) {
  return for_each_metric(payload, [](const metric&) { return result<>(); }).has_value();
}

TEST(sparkplug_topic, has_four_or_five_levels) {
  const auto node = parse_topic("spBv1.0/plant/NDATA/edge-1");
  ASSERT_TRUE(node);
  EXPECT_EQ(node->group, "plant");
  EXPECT_EQ(node->edge_node, "edge-1");
  EXPECT_EQ(node->type, message_type::ndata);
  EXPECT_TRUE(node->device.empty());
  const auto device = parse_topic("spBv1.0/plant/DBIRTH/edge-1/pump");
  ASSERT_TRUE(device);
  EXPECT_EQ(device->device, "pump");
}

TEST(sparkplug_topic, others_are_none) {
  for (const auto* topic : {"spBv1.0", "spBv1.0/", "spBv1.0/STATE/host", "spBv1.0/plant/NDATA", "spBv1.0/plant/NDATA/",
                            "spBv1.0/plant/NDATA/e/d", "spBv1.0/plant/DDATA/e", "spBv1.0/plant/DDATA/e/",
                            "spBv1.0/plant/DDATA/e/d/x", "spBv1.0//NDATA/e", "spBv1.0x/plant/NDATA/e", "plant/NDATA/e",
                            "spBv1.0/plant/ndata/e", "spBv1.0/plant/NDATA/e/"}) {
    EXPECT_FALSE(parse_topic(topic)) << topic;
  }
}

TEST(sparkplug_topic, births_have_a_certificate) {
  EXPECT_EQ(certificate_topic("spBv1.0/g/NBIRTH/e"), "$sparkplug/certificates/spBv1.0/g/NBIRTH/e");
  EXPECT_EQ(certificate_topic("spBv1.0/g/DBIRTH/e/d"), "$sparkplug/certificates/spBv1.0/g/DBIRTH/e/d");
  EXPECT_FALSE(certificate_topic("spBv1.0/g/NDATA/e"));
}

TEST(sparkplug_payload, reads_header_and_metrics) {
  const byte_buffer payload{0x08, 0xe8, 0x07,  // timestamp 1000
                            0x12, 0x0e, 0x0a, 1, 't',  0x10, 7,    0x20,
                            9,    0x65, 0,    0, 0xac, 0x41, 0x18, 5,  // "t", alias 7, float 21.5, at 5
                            0x18, 3};                                  // seq 3
  const auto header = decode_header(payload);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->timestamp_ms, 1000U);
  EXPECT_EQ(header->sequence, 3U);
  const auto all = metrics_of(payload);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].name, "t");
  EXPECT_EQ(all[0].alias, 7U);
  EXPECT_EQ(all[0].timestamp_ms, 5U);
  EXPECT_EQ(std::get<double>(value_as(all[0].type, all[0].value)), 21.5);
}

TEST(sparkplug_payload, signed_values_are_twos_complement) {
  EXPECT_EQ(std::get<std::int64_t>(value_as(data_type::int32, std::uint64_t{0xffff'fffe})), -2);
  EXPECT_EQ(std::get<std::int64_t>(value_as(data_type::int8, std::uint64_t{0xff})), -1);
  EXPECT_EQ(std::get<std::int64_t>(value_as(data_type::int64, ~std::uint64_t{0})), -1);
  EXPECT_EQ(std::get<std::uint64_t>(value_as(data_type::uint64, ~std::uint64_t{0})), ~std::uint64_t{0});
}

TEST(sparkplug_payload, a_value_of_another_kind_than_its_type_is_none) {
  EXPECT_TRUE(std::holds_alternative<std::monostate>(value_as(data_type::float64, std::string_view("x"))));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(value_as(data_type::int8, true)));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(value_as(data_type::data_set, std::uint64_t{1})));
}

TEST(sparkplug_payload, the_property_quality_is_found) {
  const byte_buffer payload{0x12, 0x17, 0x0a, 1,    't',                                     //
                            0x4a, 18,                                                        // properties
                            0x0a, 1,    'u',  0x0a, 7,   'Q', 'u', 'a', 'l', 'i', 't', 'y',  // keys
                            0x12, 0,                                                         // the value of "u"
                            0x12, 2,    0x18, 5};                                            // of "Quality"
  const auto all = metrics_of(payload);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].quality, 5U);
}

TEST(sparkplug_payload, unknown_fields_are_passed_over) {
  EXPECT_TRUE(is_readable({0x12, 0x06, 0x0a, 1, 't', 0xa0, 0x1f, 1, 0xfa, 0x01, 1, 0}));
}

TEST(sparkplug_payload, broken_bytes_are_refused) {
  EXPECT_FALSE(is_readable({0x12, 0x7f, 0x0a}));     // longer than what is there
  EXPECT_FALSE(is_readable({0x12, 0x02, 0x65, 0}));  // half a float
  EXPECT_FALSE(is_readable({0x12, 0x02, 0x08, 1}));  // the name is a number
  EXPECT_FALSE(is_readable({0x10, 0x01}));           // a metric is a number
  EXPECT_FALSE(is_readable({0x0b}));                 // a group
  EXPECT_FALSE(is_readable({0x00, 0x00}));           // field 0
  EXPECT_FALSE(is_readable(byte_buffer(11, 0xff)));  // a number without end
}

}  // namespace
}  // namespace perigee::model::sparkplug
