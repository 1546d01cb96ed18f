// Sparkplug B payloads as readings. The payloads are written by an encoder of the test's own.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/limits.hpp"
#include "model/payload.hpp"

namespace perigee::model {
namespace {

void put_varint(byte_buffer& out, std::uint64_t x) {
  for (; x >= 0x80; x >>= 7) out.push_back(static_cast<std::uint8_t>(x | 0x80));
  out.push_back(static_cast<std::uint8_t>(x));
}

/// One metric of type Int32 (3).
struct metric {
  std::string name;
  int alias = -1;
  int value = 0;
  bool typed = true;
  bool null = false;
};

byte_buffer encode(const metric& m) {
  byte_buffer out;
  if (!m.name.empty()) {
    out.push_back(0x0a);
    put_varint(out, m.name.size());
    out.insert(out.end(), m.name.begin(), m.name.end());
  }
  if (m.alias >= 0) out.insert(out.end(), {0x10, static_cast<std::uint8_t>(m.alias)});
  if (m.typed) out.insert(out.end(), {0x20, 3});
  if (m.null) out.insert(out.end(), {0x38, 1});
  out.push_back(0x50);
  put_varint(out, static_cast<std::uint32_t>(m.value));
  return out;
}

byte_buffer payload_of(const std::vector<metric>& all, std::uint64_t at_ms = 1000) {
  byte_buffer out{0x08};
  put_varint(out, at_ms);
  for (const auto& m : all) {
    const auto one = encode(m);
    out.push_back(0x12);
    put_varint(out, one.size());
    out.insert(out.end(), one.begin(), one.end());
  }
  return out;
}

class sparkplug_readings : public testing::Test {
 protected:
  std::vector<reading> decode(std::string_view topic, const byte_buffer& payload, std::string_view scope = {}) {
    std::vector<reading> out;
    outcome_ = decoder_.decode(
        payload_format::automatic, topic, payload, timestamp{77}, [&](const reading_view& r) { out.emplace_back(r); },
        scope);
    return out;
  }

  payload_decoder decoder_;
  result<> outcome_;
};

TEST_F(sparkplug_readings, a_birth_is_readings_and_names_the_aliases_of_what_follows) {
  const auto born = decode("spBv1.0/g/NBIRTH/e", payload_of({{"bdSeq", -1, 4}, {"speed", 1, 3}, {"load", 2, -8}}));
  ASSERT_EQ(born.size(), 2U);
  EXPECT_EQ(born[1].device, "g/e");
  EXPECT_EQ(born[1].metric, "load");
  EXPECT_EQ(std::get<std::int64_t>(born[1].value), -8);
  EXPECT_EQ(born[1].time.ns, 1'000'000'000);
  const auto data = decode("spBv1.0/g/NDATA/e", payload_of({{"", 1, 5, false}}));
  ASSERT_EQ(data.size(), 1U);
  EXPECT_EQ(data[0].metric, "speed");
  EXPECT_EQ(std::get<std::int64_t>(data[0].value), 5);
}

TEST_F(sparkplug_readings, an_alias_without_its_birth_is_refused) {
  EXPECT_TRUE(decode("spBv1.0/g/NDATA/e", payload_of({{"", 1, 5, false}})).empty());
  ASSERT_FALSE(outcome_);
  EXPECT_TRUE(is(outcome_.error(), errc::malformed));
}

TEST_F(sparkplug_readings, an_alias_is_its_edge_nodes_and_its_scopes_own) {
  decode("spBv1.0/g/NBIRTH/e", payload_of({{"speed", 1}}), "site-1");
  EXPECT_TRUE(decode("spBv1.0/g/NDATA/other", payload_of({{"", 1, 5, false}}), "site-1").empty());
  EXPECT_TRUE(decode("spBv1.0/g/NDATA/e", payload_of({{"", 1, 5, false}}), "site-2").empty());
  EXPECT_EQ(decode("spBv1.0/g/NDATA/e", payload_of({{"", 1, 5, false}}), "site-1").size(), 1U);
}

TEST_F(sparkplug_readings, a_device_stands_under_its_edge_node) {
  decode("spBv1.0/g/NBIRTH/e", payload_of({{"speed", 1}}));
  decode("spBv1.0/g/DBIRTH/e/pump", payload_of({{"flow", 2}}));
  const auto data = decode("spBv1.0/g/DDATA/e/pump", payload_of({{"", 2, 6, false}}));
  ASSERT_EQ(data.size(), 1U);
  EXPECT_EQ(data[0].device, "g/e/pump");
  EXPECT_EQ(data[0].metric, "flow");
}

TEST_F(sparkplug_readings, a_new_birth_of_the_edge_node_ends_its_devices) {
  decode("spBv1.0/g/NBIRTH/e", payload_of({{"speed", 1}}));
  decode("spBv1.0/g/DBIRTH/e/pump", payload_of({{"flow", 2}}));
  decode("spBv1.0/g/NBIRTH/e", payload_of({{"speed", 1}}));
  EXPECT_TRUE(decode("spBv1.0/g/DDATA/e/pump", payload_of({{"", 2, 6, false}})).empty());
}

TEST_F(sparkplug_readings, a_death_makes_every_metric_bad) {
  decode("spBv1.0/g/NBIRTH/e", payload_of({{"bdSeq"}, {"speed", 1}}));
  decode("spBv1.0/g/DBIRTH/e/pump", payload_of({{"flow", 2}}));
  const auto of_device = decode("spBv1.0/g/DDEATH/e/pump", payload_of({}, 2000));
  ASSERT_EQ(of_device.size(), 1U);
  EXPECT_EQ(of_device[0].metric, "flow");
  EXPECT_EQ(of_device[0].quality, quality::bad);
  EXPECT_EQ(of_device[0].time.ns, 2'000'000'000);
  EXPECT_EQ(decode("spBv1.0/g/NDEATH/e", payload_of({{"bdSeq"}})).size(), 2U);
}

TEST_F(sparkplug_readings, a_null_is_of_quality_bad) {
  const auto r = decode("spBv1.0/g/NDATA/e", payload_of({{"speed", -1, 0, true, true}}));
  ASSERT_EQ(r.size(), 1U);
  EXPECT_EQ(r[0].quality, quality::bad);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(r[0].value));
}

TEST_F(sparkplug_readings, a_command_is_no_reading) {
  EXPECT_TRUE(decode("spBv1.0/g/NCMD/e", payload_of({{"Node Control/Rebirth"}})).empty());
  EXPECT_TRUE(outcome_);
}

TEST_F(sparkplug_readings, all_or_nothing) {
  EXPECT_TRUE(decode("spBv1.0/g/NDATA/e", payload_of({{"speed"}, {std::string(600, 'x')}})).empty());
  EXPECT_FALSE(outcome_);
  EXPECT_TRUE(decode("spBv1.0/g/NBIRTH/e", payload_of({{"speed"}, {""}})).empty());
  EXPECT_FALSE(outcome_);
  EXPECT_TRUE(decode("spBv1.0/g/NDATA/e", {0x12, 0x50}).empty());
  EXPECT_FALSE(outcome_);
}

TEST_F(sparkplug_readings, births_beyond_the_bound_are_readings_and_not_remembered) {
  for (std::uint32_t i = 0; i < limits::sparkplug_nodes_max; ++i) {
    decode("spBv1.0/g/NBIRTH/" + std::to_string(i), payload_of({{"speed", 1}}));
  }
  EXPECT_EQ(decode("spBv1.0/g/NBIRTH/one-more", payload_of({{"speed", 1}})).size(), 1U);
  EXPECT_TRUE(decode("spBv1.0/g/NDATA/one-more", payload_of({{"", 1, 5, false}})).empty());
  EXPECT_EQ(decode("spBv1.0/g/NDATA/7", payload_of({{"", 1, 5, false}})).size(), 1U);
}

TEST_F(sparkplug_readings, births_of_more_metrics_than_the_bound_of_all_are_readings_and_not_remembered) {
  std::vector<metric> largest{{"aliased", 1, 1}};
  while (largest.size() < limits::sparkplug_metrics_max) largest.push_back({std::to_string(largest.size())});
  const auto birth = payload_of(largest);
  constexpr auto remembered = limits::sparkplug_known_metrics_max / limits::sparkplug_metrics_max;
  for (unsigned i = 0; i < remembered; ++i) {
    ASSERT_EQ(decode("spBv1.0/g/NBIRTH/" + std::to_string(i), birth).size(), largest.size());
  }
  EXPECT_EQ(decode("spBv1.0/g/NDATA/0", payload_of({{"", 1, 5}})).size(), 1U);
  EXPECT_EQ(decode("spBv1.0/g/NBIRTH/more", payload_of({{"aliased", 1, 1}})).size(), 1U);
  decode("spBv1.0/g/NDATA/more", payload_of({{"", 1, 5}}));
  EXPECT_FALSE(outcome_);
  EXPECT_EQ(decode("spBv1.0/g/NBIRTH/0", payload_of({{"aliased", 1, 1}})).size(), 1U);  // makes room
  EXPECT_EQ(decode("spBv1.0/g/NBIRTH/more", payload_of({{"aliased", 1, 1}})).size(), 1U);
  EXPECT_EQ(decode("spBv1.0/g/NDATA/more", payload_of({{"", 1, 5}})).size(), 1U);
}

TEST_F(sparkplug_readings, the_state_of_a_host_is_json) {
  EXPECT_EQ(decode("spBv1.0/STATE/host", to_buffer(as_bytes(R"({"online":true,"timestamp":1000000})"))).size(), 1U);
}

}  // namespace
}  // namespace perigee::model
