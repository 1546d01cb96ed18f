#include "model/gap.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <format>
#include <functional>
#include <limits>

#include "model/golden_test.hpp"
#include "model/record_batch.hpp"

namespace perigee::model {
namespace {

byte_buffer encoded(const gap& g) {
  byte_buffer out;
  encode_gap(g, out);
  return out;
}

// 2026-11-22T10:02:30Z, and five minutes later.
constexpr timestamp some_time{1'795'341'750'000'000'000};
const gap sample{.lane = lane::event,
                 .first = log_offset(1'000),
                 .last = log_offset(1'999),
                 .count = 990,
                 .reason = gap_reason::age,
                 .oldest = some_time,
                 .newest = some_time + std::chrono::minutes(5),
                 .parts = {{"plant/pump-3", 412}, {"plant/pump-4", 310}},
                 .others = 268};

void expect_same(const gap& a, const gap& b) {
  EXPECT_EQ(a.lane, b.lane);
  EXPECT_EQ(a.first, b.first);
  EXPECT_EQ(a.last, b.last);
  EXPECT_EQ(a.count, b.count);
  EXPECT_EQ(a.reason, b.reason);
  EXPECT_EQ(a.oldest, b.oldest);
  EXPECT_EQ(a.newest, b.newest);
  EXPECT_EQ(a.parts, b.parts);
  EXPECT_EQ(a.others, b.others);
}

TEST(gap, comes_back_as_it_went_in) {
  constexpr auto end = std::numeric_limits<std::uint64_t>::max();
  for (const auto& g : {sample, gap{}, gap{lane::bulk, log_offset(0), log_offset(end), end, gap_reason::damaged}}) {
    const auto bytes = encoded(g);
    const auto back = decode_gap(bytes);
    ASSERT_TRUE(back);
    expect_same(*back, g);
  }
}

TEST(gap, keeps_a_reason_of_a_newer_node) {
  auto g = sample;
  g.reason = static_cast<gap_reason>(200);
  const auto bytes = encoded(g);
  const auto back = decode_gap(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->reason, g.reason);
  EXPECT_EQ(name_of(back->reason), "other");
  EXPECT_EQ(name_of(gap_reason::disk_bound), "disk bound");
  EXPECT_EQ(name_of(gap_reason::queue_bound), "queue bound");
}

TEST(gap, refuses_what_is_cut_short_or_too_long) {
  auto bytes = encoded(sample);
  for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(decode_gap(byte_view(bytes).first(n))) << n;
  bytes.push_back(0);
  EXPECT_FALSE(decode_gap(bytes));
}

TEST(gap, refuses_a_newer_version_and_an_unknown_lane) {
  auto bytes = encoded(sample);
  bytes[0] = 2;
  EXPECT_EQ(decode_gap(bytes).error().code, make_error_code(errc::unsupported));
  bytes[0] = 1;
  bytes[1] = 3;
  EXPECT_EQ(decode_gap(bytes).error().code, make_error_code(errc::malformed));
}

TEST(gap, refuses_too_many_parts_and_times_that_run_back) {
  auto g = sample;
  std::swap(g.oldest, g.newest);
  EXPECT_FALSE(decode_gap(encoded(g)));
  g = sample;
  g.parts.assign(100, {"t", 1});
  const auto cut = encoded(g);
  const auto back = decode_gap(cut);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->parts.size(), 16U);
}

TEST(gap, is_told_in_a_sentence) {
  auto g = sample;
  EXPECT_EQ(
      describe(g),
      "412 messages of plant/pump-3, 310 of plant/pump-4 and 268 of others dropped 2026-11-22 10:02-10:07 UTC: age");
  g.parts.resize(1);
  g.others = 0;
  g.reason = gap_reason::disk_bound;
  EXPECT_EQ(describe(g), "412 messages of plant/pump-3 dropped 2026-11-22 10:02-10:07 UTC: disk bound");
  g.newest = g.oldest + std::chrono::days(1);
  g.parts = {{"a", 1}, {"b", 1}};
  EXPECT_EQ(describe(g), "1 message of a and 1 of b dropped 2026-11-22 10:02 - 2026-11-23 10:02 UTC: disk bound");
  g = {.count = 7, .reason = gap_reason::damaged};
  EXPECT_EQ(describe(g), "7 records of lane bulk cannot be read: damaged");
}

TEST(gap, is_tallied_by_topic_largest_first) {
  gap_tally tally;
  record_view r;
  for (std::uint64_t n = 0; n < 5000; ++n) {
    const auto topic = std::format("plant/{}", n % 3 == 0 ? n : n % 20);
    r.topic = topic;
    r.arrival = some_time + nanoseconds(n);
    tally.add(r);
  }
  gap inner = sample;
  const auto bytes = encoded(inner);
  r.kind = record_kind::gap;
  r.payload = bytes;
  tally.add(r);
  tally.add_unknown(3);
  gap out;
  tally.describe_in(out);
  EXPECT_EQ(out.messages(), 5000U + 990U + 3U) << "nothing is left out, however many topics there are";
  EXPECT_EQ(out.parts.size(), 16U);
  EXPECT_TRUE(std::ranges::is_sorted(out.parts, std::greater{}, &gap_part::messages));
  EXPECT_EQ(out.parts[0], (gap_part{"plant/pump-3", 412}));
  EXPECT_EQ(out.oldest, some_time);
  EXPECT_EQ(out.newest, sample.newest);
}

TEST(gap, counts_a_child_s_batch_as_what_is_in_it) {
  batch_encoder encoder;
  record one;
  one.topic = "plant/press";
  for (std::uint64_t n = 0; n < 7; ++n) ASSERT_TRUE(encoder.add(log_offset(n), one.view()));
  record batch;
  batch.kind = record_kind::batch;
  encoder.finish("edge-1", lane::bulk, epoch(4), log_offset(0), log_offset(6), batch.payload);
  gap_tally tally;
  tally.add(batch.view());
  gap out;
  tally.describe_in(out);
  EXPECT_EQ(out.parts, (std::vector{gap_part{"uplink/edge-1", 7}}));
}

TEST(gap, golden_file_of_version_1) {
  const auto then = golden("gap-v1.bin", encoded(sample));
  EXPECT_EQ(then, encoded(sample));
  const auto back = decode_gap(then);
  ASSERT_TRUE(back);
  expect_same(*back, sample);
}

}  // namespace
}  // namespace perigee::model
