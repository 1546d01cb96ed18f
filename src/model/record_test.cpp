#include "model/record.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "model/golden_test.hpp"

namespace perigee::model {
namespace {

record sample() {
  record r;
  r.lane = lane::event;
  r.retain = true;
  r.qos = 2;
  r.topic = "plant/press-4/temperature";
  r.payload = to_buffer(as_bytes(R"({"ts":1732291200123,"value":21.5})"));
  r.properties = {0x03, 0x00, 0x04, 'j', 's', 'o', 'n'};
  r.source = "press-4";
  r.epoch = epoch(0x0123456789abcdef);
  r.sequence = sequence(42);
  r.arrival = {1'732'291'200'124'000'000};
  return r;
}

byte_buffer encoded(const record_view& r) {
  byte_buffer out(encoded_size(r));
  encode(r, out);
  return out;
}

void expect_same(const record_view& a, const record_view& b) {
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.lane, b.lane);
  EXPECT_EQ(a.retain, b.retain);
  EXPECT_EQ(a.qos, b.qos);
  EXPECT_EQ(a.topic, b.topic);
  EXPECT_EQ(as_text(a.payload), as_text(b.payload));
  EXPECT_EQ(as_text(a.properties), as_text(b.properties));
  EXPECT_EQ(a.source, b.source);
  EXPECT_EQ(a.epoch, b.epoch);
  EXPECT_EQ(a.sequence, b.sequence);
  EXPECT_EQ(a.arrival, b.arrival);
  EXPECT_EQ(a.delivery, b.delivery);
}

TEST(record, comes_back_as_it_went_in) {
  for (const auto kind : {record_kind::message, record_kind::batch, record_kind::gap, record_kind::release}) {
    auto r = sample();
    r.kind = kind;
    const auto bytes = encoded(r.view());
    const auto back = decode_record(bytes, lane::event);
    ASSERT_TRUE(back);
    expect_same(*back, r.view());
    expect_same(record(*back).view(), r.view());
  }
}

TEST(record, takes_sixteen_bytes_more_where_it_is_stamped) {
  auto r = sample();
  const auto stamped = encoded_size(r.view());
  r.epoch = {};
  r.sequence = {};
  EXPECT_EQ(encoded_size(r.view()) + 16, stamped);
  const auto bytes = encoded(r.view());
  const auto back = decode_record(bytes, lane::event);
  ASSERT_TRUE(back);
  EXPECT_FALSE(back->stamped());
  expect_same(*back, r.view());
}

TEST(record, takes_eight_bytes_more_for_its_delivery) {
  auto r = sample();
  const auto without = encoded_size(r.view());
  r.delivery = 0x0123'4567'89ab'0007;
  EXPECT_EQ(encoded_size(r.view()), without + 8);
  const auto bytes = encoded(r.view());
  const auto back = decode_record(bytes, lane::event);
  ASSERT_TRUE(back);
  expect_same(*back, r.view());
  expect_same(record(*back).view(), r.view());
}

TEST(record, may_be_empty) {
  const record_view nothing;
  const auto bytes = encoded(nothing);
  EXPECT_EQ(bytes.size(), 16U);
  const auto back = decode_record(bytes, lane::bulk);
  ASSERT_TRUE(back);
  expect_same(*back, nothing);
}

TEST(record, refuses_what_is_cut_short) {
  const auto r = sample();
  const auto whole = encoded(r.view());
  const auto payload_begin = whole.size() - r.payload.size();
  for (std::size_t n = 0; n < payload_begin; ++n) {
    const auto back = decode_record(byte_view(whole).first(n), lane::event);
    ASSERT_FALSE(back) << n;
    EXPECT_TRUE(is(back.error(), errc::malformed)) << n;
  }
}

TEST(record, refuses_newer_versions_and_unknown_kinds_and_flags) {
  const auto refused_as = [](std::size_t at, std::uint8_t byte) {
    auto bytes = encoded(sample().view());
    bytes[at] = byte;
    const auto back = decode_record(bytes, lane::event);
    return back ? std::error_code{} : back.error().code;
  };
  EXPECT_EQ(refused_as(0, 2), make_error_code(errc::unsupported));
  EXPECT_EQ(refused_as(1, 4), make_error_code(errc::malformed));
  EXPECT_EQ(refused_as(2, 0x20), make_error_code(errc::malformed));
  EXPECT_EQ(refused_as(2, 0x0c), make_error_code(errc::malformed)) << "QoS 3";
}

TEST(record, says_which_field_is_over_its_bound) {
  const auto too_large = [](auto change) {
    auto r = sample();
    change(r);
    const auto checked = check_bounds(r.view());
    return !checked && is(checked.error(), errc::too_large);
  };
  EXPECT_FALSE(too_large([](record&) {}));
  EXPECT_TRUE(too_large([](record& r) { r.topic.assign(limits::topic_bytes_max + 1, 't'); }));
  EXPECT_TRUE(too_large([](record& r) { r.payload.resize(limits::payload_bytes_max + 1); }));
  EXPECT_TRUE(too_large([](record& r) { r.properties.resize(limits::properties_bytes_max + 1); }));
  EXPECT_TRUE(too_large([](record& r) { r.source.assign(limits::source_bytes_max + 1, 's'); }));
  EXPECT_FALSE(too_large([](record& r) { r.topic.assign(limits::topic_bytes_max, 't'); }));
}

TEST(record, lanes_have_names) {
  for (const auto l : {lane::alarm, lane::event, lane::bulk}) EXPECT_EQ(lane_from(name_of(l)), l);
  EXPECT_FALSE(lane_from("fast"));
}

TEST(record, golden_file_of_version_1) {
  const auto now = encoded(sample().view());
  const auto then = golden("record-v1.bin", now);
  EXPECT_EQ(now, then);
  const auto back = decode_record(then, lane::event);
  ASSERT_TRUE(back);
  expect_same(*back, sample().view());
}

}  // namespace
}  // namespace perigee::model
