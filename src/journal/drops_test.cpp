// What a lane tells of records that its bounds forced out: exactly once, with details, over crashes at any point.

#include <gtest/gtest.h>

#include <algorithm>

#include "base/limits.hpp"
#include "io/faulty_disk.hpp"
#include "journal/detail/drop_list.hpp"
#include "journal/fixture_test.hpp"

namespace perigee::journal {
namespace {

struct drop_bench : lane_bench {
  log_offset needed{};

  drop_bench() {
    options.segment_bytes = 1024;
    options.bytes_max = 8192;
    options.when_full = when_full::drop_oldest;
  }
  result<> open_needed() {
    PG_TRY_VOID(open());
    log->on_needed([this] { return needed; });
    return {};
  }
  /// Every offset in front of the log's end is told of once: as a record or in one gap.
  std::vector<model::record> expect_all_told(log_offset from) {
    std::vector<model::record> gaps;
    auto next = from;
    for (auto& each : read_all(*log, from)) {
      EXPECT_EQ(each.at, next);
      next = each.at.next();
      if (each.record.kind != model::record_kind::gap) continue;
      const auto said = model::decode_gap(each.record.payload);
      EXPECT_TRUE(said);
      if (said) next = said->last.next();
      gaps.push_back(std::move(each.record));
    }
    EXPECT_EQ(next, log->committed());
    return gaps;
  }
};

TEST(drops, are_told_with_details_after_a_restart) {
  drop_bench b;
  ASSERT_TRUE(b.open_needed());
  b.fill_durably(0, 200, true);
  const auto before = b.expect_all_told({});
  ASSERT_GT(before.size(), 2U);
  b.close();
  ASSERT_TRUE(b.open_needed());
  const auto after = b.expect_all_told({});
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < after.size(); ++i) EXPECT_EQ(after[i].payload, before[i].payload);
  const auto said = model::decode_gap(after[0].payload);
  ASSERT_TRUE(said);
  EXPECT_EQ(said->parts, (std::vector{model::gap_part{"plant/press/temperature", said->count}}));
}

TEST(drops, count_from_where_the_hindmost_reader_stands) {
  drop_bench b;
  b.needed = log_offset(3);
  ASSERT_TRUE(b.open_needed());
  b.fill_durably(0, 200, true);
  const auto gaps = b.expect_all_told(b.needed);
  ASSERT_FALSE(gaps.empty());
  const auto said = model::decode_gap(gaps[0].payload);
  EXPECT_EQ(said->first, log_offset(3));
  EXPECT_EQ(said->messages(), said->count);
}

TEST(drops, nobody_needed_are_not_written_down) {
  drop_bench b;
  b.needed = log_offset(1'000'000);
  ASSERT_TRUE(b.open_needed());
  b.fill_durably(0, 200, true);
  EXPECT_FALSE(std::ranges::contains(b.files(), "drops"));
  const auto gaps = b.expect_all_told({});
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_TRUE(model::decode_gap(gaps[0].payload)->parts.empty());
}

TEST(drops, are_forgotten_when_every_reader_has_passed) {
  drop_bench b;
  ASSERT_TRUE(b.open_needed());
  b.fill_durably(0, 200, true);
  const auto size = b.memory.contents("bulk/drops")->size();
  b.needed = b.log->start();
  b.log->tick({});
  b.worker.run_all();
  EXPECT_LT(b.memory.contents("bulk/drops")->size(), size);
  EXPECT_TRUE(b.expect_all_told(b.needed).empty());
}

TEST(drops, stay_bounded_and_lose_no_count) {
  drop_bench b;
  ASSERT_TRUE(b.open_needed());
  b.fill_durably(0, 3000, true);
  const auto gaps = b.expect_all_told({});
  EXPECT_EQ(gaps.size(), limits::journal_drops_max);
  std::uint64_t messages = 0;
  for (const auto& each : gaps) messages += model::decode_gap(each.payload)->messages();
  EXPECT_EQ(messages, b.log->start().value());
}

TEST(drops, make_a_reader_wait_until_they_are_written_down) {
  drop_bench b;
  ASSERT_TRUE(b.open_needed());
  b.fill_durably(0, 60, true);
  std::uint64_t n = 60;
  while (b.log->start() == log_offset(0)) {
    ASSERT_TRUE(b.append(numbered(n++)));
    if (b.log->start() == log_offset(0)) b.worker.run_all();
  }
  EXPECT_TRUE(read_all(*b.log).empty()) << "the segment is on its way out, and not yet accounted for";
  b.worker.run_all();
  b.expect_all_told({});
}

/// Stops the world before the n-th change to the disk from when it is armed.
struct stopping_disk {
  std::uint64_t left = UINT64_MAX;
  io::faulty_disk disk;

  explicit stopping_disk(io::disk& under)
      : disk(under, [this](io::faulty_disk::operation op, const std::string&) {
          using enum io::faulty_disk::operation;
          if (op == read || op == open || op == list) return errc::ok;
          if (left == 0) return errc::io;
          --left;
          return errc::ok;
        }) {}
};

TEST(drops, are_neither_lost_nor_told_twice_wherever_a_crash_comes) {
  for (std::uint64_t stop_at = 0; stop_at < 60; ++stop_at) {
    SCOPED_TRACE(stop_at);
    drop_bench b;
    stopping_disk stopping(b.memory);
    b.disk = &stopping.disk;
    ASSERT_TRUE(b.open_needed());
    b.fill_durably(0, 80, true);
    stopping.left = stop_at;
    b.fill_durably(80, 100, true);
    prng random(stop_at);
    b.memory.crash(random);
    stopping.left = UINT64_MAX;
    ASSERT_TRUE(b.open_needed());
    b.worker.run_all();
    std::uint64_t gone = 0;
    for (const auto& each : b.expect_all_told({})) gone += model::decode_gap(each.payload)->messages();
    EXPECT_EQ(gone, b.log->start().value());
    b.fill_durably(b.log->staged().value(), 200, true);
    b.expect_all_told({});
  }
}

TEST(drops, of_a_damaged_list_are_told_without_details) {
  drop_bench b;
  ASSERT_TRUE(b.open_needed());
  b.fill_durably(0, 200, true);
  b.close();
  b.flip("bulk/drops", 30);
  ASSERT_TRUE(b.open_needed());
  const auto gaps = b.expect_all_told({});
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(model::decode_gap(gaps[0].payload)->count, b.log->start().value());
}

TEST(drop_list, refuses_what_is_no_list_of_this_journal) {
  detail::drop_list list;
  list.add({.first = log_offset(3), .last = log_offset(9), .count = 7, .parts = {{"a", 7}}});
  byte_buffer bytes;
  list.encode(epoch(5), bytes);
  ASSERT_TRUE(detail::drop_list::decode(bytes, epoch(5)));
  EXPECT_TRUE(is(detail::drop_list::decode(bytes, epoch(6)).error(), errc::corrupt));
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_FALSE(detail::drop_list::decode(byte_view(bytes).first(n), epoch(5))) << n;
  }
  list.add({.first = log_offset(5), .last = log_offset(11), .count = 7, .parts = {{"a", 7}}});
  EXPECT_EQ(list.end(), log_offset(12));
  EXPECT_EQ(list.find(log_offset(10))->first, log_offset(10)) << "nothing is told of twice";
}

}  // namespace
}  // namespace perigee::journal
