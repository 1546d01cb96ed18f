// A journal's folder as each released version wrote it, which every later build opens, reads and goes on with. Never
// write such a folder anew: a version that writes other bytes adds a folder of its own, and the test reads them all.

#include <gtest/gtest.h>

#include <algorithm>
#include <format>

#include "journal/fixture_test.hpp"
#include "journal/verify.hpp"
#include "model/gap.hpp"
#include "model/record_batch.hpp"

namespace perigee::journal {
namespace {

constexpr std::uint64_t stored = 30;         // in the lane bulk, and one block behind them
constexpr std::uint64_t stored_events = 60;  // the oldest of them had to go
constexpr std::uint64_t first_life = 101;
constexpr auto bulk = model::lane::bulk;
constexpr auto event = model::lane::event;

crypto::key golden_key() {
  crypto::key out;
  out.fill(0x42);
  return out;
}

/// A journal like a gateway's: a lane that keeps all, and a small one that drops its oldest.
struct golden_bench {
  io::memory_disk disk;
  queued_worker worker;
  metrics::registry metrics;
  recovery_report found;
  std::unique_ptr<journal> log;

  /// Encrypted from the second life on.
  result<> open(std::uint64_t life) {
    log.reset();
    options chosen{.folder = "data",
                   .node = "fog-1",
                   .new_epoch = perigee::epoch(9),
                   .new_life = perigee::epoch(life),
                   .disk_free_min = 0,
                   .metrics = metrics};
    chosen.salt_seed = life;
    if (life > first_life) chosen.keys = keyring({golden_key()});
    for (auto& lane : chosen.lanes) lane.segment_bytes = 1024;
    auto& small = chosen.lanes[static_cast<std::size_t>(event)];
    small.bytes_max = 4096;
    small.when_full = when_full::drop_oldest;
    PG_TRY(log, journal::open(disk, worker, chosen, found));
    worker.run_all();
    return {};
  }
  void append(model::record r, model::lane l) {
    r.lane = l;
    EXPECT_TRUE(log->append(r.view()));
    worker.run_all();
  }
  log_offset position(std::string_view name, model::lane l) {
    const auto cursor = log->open_cursor(name, l, true);
    return cursor ? (*cursor)->position() : log_offset(UINT64_MAX);
  }
};

/// A device that starts anew twice, and then sends the rest of what its first epoch had kept.
model::record golden_record(std::uint64_t n) {
  constexpr std::uint64_t per_epoch = 8;
  const auto turn = n / per_epoch;
  return stamped(n, "press-7", turn % 3 + 1, turn / 3 * per_epoch + n % per_epoch + 1);
}

model::record golden_batch() {
  model::batch_encoder encoder;
  for (std::uint64_t n = 100; n < 105; ++n) static_cast<void>(encoder.add(log_offset(n), numbered(n).view()));
  model::record r;
  r.kind = model::record_kind::batch;
  r.source = "edge-1";
  r.epoch = perigee::epoch(33);
  r.sequence = sequence(105);
  encoder.finish("edge-1", bulk, perigee::epoch(33), log_offset(100), log_offset(104), r.payload);
  return r;
}

/// What each version was given: records, a block, cursors, drops; closed once, and killed in its second life.
void write_golden(golden_bench& b) {
  ASSERT_TRUE(b.open(first_life));
  for (std::uint64_t n = 0; n < stored; ++n) b.append(golden_record(n), bulk);
  {
    const auto cursor = b.log->open_cursor("uplink", bulk, true);
    const auto behind = b.log->open_cursor("slow", event, true);
    ASSERT_TRUE(cursor && behind);
    (*cursor)->advance(log_offset(12));
    (*cursor)->flush({});
    for (std::uint64_t n = 0; n < stored_events; ++n) b.append(numbered(n), event);
  }
  b.log->close([](result<>) {});
  b.worker.run_all();
  ASSERT_TRUE(b.open(first_life + 1));
  b.append(golden_batch(), bulk);
  b.log.reset();
}

constexpr std::string_view folders[] = {"", "/alarm", "/bulk", "/cursors", "/event"};

/// Copies what is in `folders` from one disk to another.
void copy_folder(io::disk& from, const std::string& source, io::disk& to, const std::string& target) {
  for (const auto folder : folders) {
    ASSERT_TRUE(to.make_folder(target + std::string(folder)));
    const auto names = from.list(source + std::string(folder));
    if (!names) continue;  // git keeps no empty folder
    for (const auto& name : *names) {
      const auto below = std::format("{}/{}", folder, name);
      const auto bytes = io::read_whole(from, source + below, 1U << 20);
      if (!bytes || name == "lock" || std::ranges::contains(folders, below)) continue;
      ASSERT_TRUE(io::write_whole(to, target + below, *bytes));
    }
  }
}

void expect_bulk(lane_log& log) {
  const auto got = read_all(log);
  ASSERT_EQ(got.size(), stored + 1);
  for (std::uint64_t n = 0; n < stored; ++n) {
    const auto wanted = golden_record(n);
    EXPECT_EQ(got[n].at, log_offset(n));
    EXPECT_EQ(got[n].record.payload, wanted.payload);
    EXPECT_EQ(got[n].record.arrival, wanted.arrival);
    EXPECT_EQ(got[n].record.epoch, wanted.epoch);
    EXPECT_EQ(got[n].record.sequence, wanted.sequence);
  }
  model::batch_decoder decoder;
  std::uint64_t in_block = 100;
  ASSERT_TRUE(decoder.decode(got.back().record.payload, [&](log_offset at, const model::record_view& r) {
    EXPECT_EQ(at, log_offset(in_block));
    EXPECT_EQ(model::record(r).payload, numbered(in_block++).payload);
  }));
  EXPECT_EQ(in_block, 105U);
}

void expect_marks(const lane_log& log) {
  EXPECT_EQ(log.high_water("edge-1"), (stamp{epoch(33), sequence(105)}));
  EXPECT_EQ(log.high_water("press-7", epoch(1)), (stamp{epoch(1), sequence(14)}));
  EXPECT_EQ(log.high_water("press-7", epoch(2)), (stamp{epoch(2), sequence(8)}));
  EXPECT_EQ(log.high_water("press-7", epoch(3)), (stamp{epoch(3), sequence(8)}));
}

void expect_events(lane_log& log) {
  const auto got = read_all(log);
  ASSERT_GT(got.size(), 2U);
  std::uint64_t expected = 0;
  for (const auto& [at, record] : got) {
    EXPECT_EQ(at, log_offset(expected));
    expected = at.value() + 1;
    if (record.kind != model::record_kind::gap) {
      EXPECT_EQ(record.payload, numbered(at.value()).payload);
      continue;
    }
    const auto gap = model::decode_gap(record.payload);
    ASSERT_TRUE(gap);
    EXPECT_EQ(gap->reason, model::gap_reason::disk_bound);
    EXPECT_EQ(gap->oldest, numbered(gap->first.value()).arrival);
    expected = gap->last.value() + 1;
  }
  EXPECT_EQ(got.front().record.kind, model::record_kind::gap);
  EXPECT_EQ(expected, stored_events);
}

TEST(golden, folder_of_version_1_is_read_and_goes_on) {
  const std::string stored_at = "tests/golden/journal/folder-1";
  if (!io::real_disk().list(stored_at)) {
    golden_bench now;
    write_golden(now);
    copy_folder(now.disk, "data", io::real_disk(), stored_at);
    FAIL() << stored_at << " was missing and has been written: check it and commit it";
  }
  golden_bench b;
  copy_folder(io::real_disk(), stored_at, b.disk, "data");
  const auto verified = verify(b.disk, "data", {.found = [](const finding& f) { ADD_FAILURE() << f.meaning; }});
  ASSERT_TRUE(verified);
  EXPECT_EQ(verified->damages, 0U);
  ASSERT_TRUE(b.open(first_life + 2));
  EXPECT_EQ(b.log->epoch(), epoch(9));
  expect_bulk((*b.log)[bulk]);
  expect_marks((*b.log)[bulk]);
  expect_events((*b.log)[event]);
  EXPECT_EQ(b.position("uplink", bulk), log_offset(12));
  EXPECT_EQ(b.position("slow", event), log_offset(0));
  EXPECT_TRUE(is(b.log->append(golden_record(29).view()).error(), errc::duplicate));
  b.append(numbered(stored + 1), bulk);
  EXPECT_EQ((*b.log)[bulk].committed(), log_offset(stored + 2));
}

}  // namespace
}  // namespace perigee::journal
