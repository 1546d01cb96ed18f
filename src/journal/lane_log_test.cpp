#include "journal/lane_log.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

#include "base/crc32c.hpp"
#include "base/limits.hpp"
#include "io/faulty_disk.hpp"
#include "journal/fixture_test.hpp"
#include "model/gap.hpp"

namespace perigee::journal {
namespace {

void expect_run(const std::vector<seen>& got, std::uint64_t from, std::uint64_t to) {
  ASSERT_EQ(got.size(), to - from);
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].at, log_offset(from + i));
    EXPECT_EQ(got[i].record.payload, numbered(from + i).payload);
  }
}

/// The views last as long as `from`.
std::vector<model::gap> gaps_in(const std::vector<seen>& from) {
  std::vector<model::gap> out;
  for (const auto& each : from) {
    if (each.record.kind == model::record_kind::gap) out.push_back(*model::decode_gap(each.record.payload));
  }
  return out;
}

TEST(lane_log, commits_together_what_came_during_a_write) {
  lane_bench b;
  ASSERT_TRUE(b.open());
  int commits = 0;
  b.log->on_commit([&] { ++commits; });
  b.fill(0, 100);
  EXPECT_EQ(b.log->staged(), log_offset(100));
  EXPECT_EQ(b.log->committed(), log_offset(0));
  b.worker.run_one();
  EXPECT_EQ(b.log->committed(), log_offset(1));
  b.worker.run_one();
  EXPECT_EQ(b.log->committed(), log_offset(100));
  EXPECT_EQ(commits, 2);
  EXPECT_FALSE(b.worker.run_one());
  expect_run(read_all(*b.log), 0, 100);
}

TEST(lane_log, keeps_every_field_of_a_record) {
  lane_bench b;
  ASSERT_TRUE(b.open());
  auto r = stamped(5, "press-7", 3, 9);
  r.qos = 1;
  r.retain = true;
  r.properties = {1, 2, 3};
  ASSERT_TRUE(b.append(r));
  b.worker.run_all();
  const auto got = read_all(*b.log);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].record.source, "press-7");
  EXPECT_EQ(got[0].record.sequence, sequence(9));
  EXPECT_EQ(got[0].record.properties, r.properties);
  EXPECT_EQ(got[0].record.arrival, r.arrival);
  EXPECT_TRUE(got[0].record.retain);
}

TEST(lane_log, refuses_a_stamp_it_has_seen) {
  lane_bench b;
  ASSERT_TRUE(b.open());
  ASSERT_TRUE(b.append(stamped(0, "a", 1, 5)));
  EXPECT_TRUE(is(b.append(stamped(0, "a", 1, 5)).error(), errc::duplicate));
  EXPECT_TRUE(is(b.append(stamped(0, "a", 1, 4)).error(), errc::duplicate));
  EXPECT_TRUE(b.append(stamped(0, "b", 1, 5)));
  EXPECT_TRUE(b.append(stamped(0, "a", 1, 6)));
  EXPECT_TRUE(b.append(stamped(0, "a", 2, 1))) << "another epoch resets the mark";
  EXPECT_EQ(b.log->high_water("a"), (stamp{epoch(2), sequence(1)}));
  EXPECT_EQ(b.log->high_water("c"), std::nullopt);
}

TEST(lane_log, does_not_take_a_stamp_it_refused_for_one_it_has) {
  lane_bench b;
  ASSERT_TRUE(b.open());
  ASSERT_TRUE(b.append(stamped(0, "a", 1, 1)));
  auto large = stamped(0, "a", 1, 2);
  large.payload.resize(limits::payload_bytes_max + 1);
  EXPECT_TRUE(is(b.append(large).error(), errc::too_large));
  ASSERT_TRUE(b.append(stamped(0, "a", 1, 3)));
  EXPECT_TRUE(is(b.append(stamped(0, "a", 1, 2)).error(), errc::out_of_order));
  EXPECT_TRUE(is(b.append(stamped(0, "a", 1, 1)).error(), errc::duplicate));
}

TEST(lane_log, remembers_marks_over_a_crash_and_many_segments) {
  lane_bench b;
  b.options.segment_bytes = 1024;
  ASSERT_TRUE(b.open());
  for (std::uint64_t n = 1; n <= 100; ++n) {
    ASSERT_TRUE(b.append(stamped(n, n % 2 == 0 ? "even" : "odd", 1, n)));
    b.worker.run_all();
  }
  ASSERT_TRUE(b.append(stamped(101, "odd", 1, 101)));  // never committed
  prng random(1);
  b.memory.crash(random);
  ASSERT_TRUE(b.open());
  EXPECT_GT(b.files().size(), 5U);
  EXPECT_EQ(b.log->high_water("even"), (stamp{epoch(1), sequence(100)}));
  EXPECT_EQ(b.log->high_water("odd"), (stamp{epoch(1), sequence(99)}));
}

TEST(lane_log, reads_the_marks_from_earlier_segments_when_the_state_is_damaged) {
  lane_bench b;
  b.options.segment_bytes = 1024;
  ASSERT_TRUE(b.open());
  for (std::uint64_t n = 1; n <= 60; ++n) {
    ASSERT_TRUE(b.append(stamped(n, n <= 10 ? "early" : "late", 1, n)));
    b.worker.run_all();
  }
  b.close();
  b.flip("bulk/" + b.files().back(), 96 + 20);
  ASSERT_TRUE(b.open());
  EXPECT_EQ(b.log->high_water("early"), (stamp{epoch(1), sequence(10)}));
  EXPECT_EQ(b.log->high_water("late"), (stamp{epoch(1), sequence(60)}));
}

TEST(lane_log, goes_on_after_a_clean_close_with_nothing_to_prove) {
  lane_bench b;
  ASSERT_TRUE(b.open());
  b.fill(0, 10);
  b.close();
  EXPECT_TRUE(is(b.append(numbered(10)).error(), errc::closed));
  ASSERT_TRUE(b.open());
  EXPECT_EQ(b.found.records, 10U);
  EXPECT_EQ(b.found.unproven_records, 0U);
  EXPECT_EQ(b.log->committed(), log_offset(10));
  b.fill_durably(10, 20);
  expect_run(read_all(*b.log), 0, 20);
}

TEST(lane_log, writes_again_what_it_cannot_prove) {
  lane_bench b;
  ASSERT_TRUE(b.open());
  b.fill_durably(0, 10, true);
  ASSERT_TRUE(b.open());  // as after kill -9: the last write has no mark behind it
  EXPECT_EQ(b.found.unproven_records, 1U);
  EXPECT_EQ(b.log->committed(), log_offset(9));
  b.worker.run_all();
  EXPECT_EQ(b.log->committed(), log_offset(10));
  expect_run(read_all(*b.log), 0, 10);
}

TEST(lane_log, cuts_a_torn_tail) {
  lane_bench b;
  ASSERT_TRUE(b.open());
  b.fill_durably(0, 10, true);
  const auto path = "bulk/" + b.files().back();
  auto bytes = *b.memory.contents(path);
  const auto whole = bytes.size();
  b.fill_durably(10, 12);
  bytes = *b.memory.contents(path);
  bytes.resize(bytes.size() - 5);
  ASSERT_TRUE(b.memory.overwrite(path, bytes));
  ASSERT_TRUE(b.open());
  EXPECT_GT(b.found.torn_bytes, 0U);
  EXPECT_LT(b.found.torn_bytes, bytes.size() - whole);
  EXPECT_EQ(b.found.damaged_bytes, 0U);
  b.worker.run_all();
  expect_run(read_all(*b.log), 0, 11);
}

TEST(lane_log, takes_what_it_wrote_ahead_for_nothing) {
  lane_bench b;
  b.options.write_ahead_bytes = 4096;
  ASSERT_TRUE(b.open());
  b.fill_durably(0, 10, true);
  const auto path = "bulk/" + b.files()[0];
  EXPECT_GT(b.memory.contents(path)->size(), 4096U);
  EXPECT_LT(b.log->bytes(), 2048U);
  EXPECT_EQ(read_all(*b.log).size(), 10U);
  ASSERT_TRUE(b.open());
  EXPECT_EQ(b.found.torn_bytes, 0U);
  b.worker.run_all();
  expect_run(read_all(*b.log), 0, 10);
  b.fill_durably(10, 12);
  b.close();
  const auto closed = *b.memory.contents("bulk/" + b.files().back());
  EXPECT_LT(closed.size(), 1024U) << "nothing follows: the zeros are gone";
  ASSERT_TRUE(b.open());
  expect_run(read_all(*b.log), 0, 12);
}

TEST(lane_log, writes_nothing_ahead_where_there_is_no_room) {
  lane_bench b;
  b.memory.set_capacity(2000);
  b.options.write_ahead_bytes = 4096;
  ASSERT_TRUE(b.open());
  b.fill_durably(0, 10, true);
  EXPECT_EQ(b.log->committed(), log_offset(10));
}

TEST(lane_log, puts_a_gap_in_the_place_of_a_damaged_record) {
  lane_bench b;
  ASSERT_TRUE(b.open());
  b.fill_durably(0, 10, true);
  b.close();
  b.flip("bulk/" + b.files().back(), b.memory.contents("bulk/" + b.files().back())->size() / 2);
  ASSERT_TRUE(b.open());
  EXPECT_GT(b.found.damaged_bytes, 0U);
  EXPECT_EQ(b.found.torn_bytes, 0U);
  const auto got = read_all(*b.log);
  ASSERT_EQ(got.size(), 10U);
  const auto gap = std::ranges::find(got, model::record_kind::gap, [](const seen& s) { return s.record.kind; });
  ASSERT_NE(gap, got.end());
  const auto said = model::decode_gap(gap->record.payload);
  ASSERT_TRUE(said);
  EXPECT_EQ(said->first, gap->at);
  EXPECT_EQ(said->count, 1U);
  EXPECT_EQ(said->reason, model::gap_reason::damaged);
  EXPECT_EQ(got.back().record.payload, numbered(9).payload);
}

TEST(lane_log, reports_a_missing_and_a_misplaced_segment) {
  lane_bench b;
  b.options.segment_bytes = 1024;
  ASSERT_TRUE(b.open());
  b.fill_durably(0, 100, true);
  b.close();
  const auto names = b.files();
  ASSERT_GT(names.size(), 4U);
  ASSERT_TRUE(b.memory.rename("bulk/" + names[2], "bulk/00000000000000009999.seg"));
  ASSERT_TRUE(b.open());
  EXPECT_EQ(b.found.missing_segments, 1U);
  EXPECT_EQ(b.found.damaged_segments, 1U);
  EXPECT_EQ(b.log->committed(), log_offset(100));
  const auto got = read_all(*b.log);
  EXPECT_EQ(std::ranges::count(got, model::record_kind::gap, [](const seen& s) { return s.record.kind; }), 1);
  EXPECT_EQ(got.back().at, log_offset(99));
}

TEST(lane_log, reads_a_segment_whose_header_is_damaged) {
  lane_bench b;
  ASSERT_TRUE(b.open());
  b.fill_durably(0, 10, true);
  b.close();
  b.flip("bulk/" + b.files()[0], 30);
  ASSERT_TRUE(b.open());
  EXPECT_EQ(b.found.damaged_segments, 1U);
  b.worker.run_all();
  expect_run(read_all(*b.log), 0, 10);
}

TEST(lane_log, refuses_a_segment_of_a_newer_version) {
  lane_bench b;
  ASSERT_TRUE(b.open());
  b.fill_durably(0, 1);
  const auto path = "bulk/" + b.files()[0];
  auto bytes = *b.memory.contents(path);
  bytes[8] = 2;
  const auto crc = crc32c(byte_view(bytes).first(92));
  std::memcpy(bytes.data() + 92, &crc, 4);
  ASSERT_TRUE(b.memory.overwrite(path, bytes));
  EXPECT_TRUE(is(b.open().error(), errc::unsupported));
}

TEST(lane_log, takes_no_sync_for_good_after_one_failed) {
  lane_bench b;
  bool failing = false;
  io::faulty_disk faulty(b.memory, [&](io::faulty_disk::operation op, const std::string&) {
    return failing && op == io::faulty_disk::operation::sync ? errc::io : errc::ok;
  });
  b.disk = &faulty;
  ASSERT_TRUE(b.open());
  b.fill_durably(0, 3, true);
  failing = true;
  b.fill(3, 6);
  b.worker.run_all();
  EXPECT_EQ(b.log->committed(), log_offset(3));
  EXPECT_TRUE(is(b.append(numbered(6)).error(), errc::io));
  failing = false;
  b.log->tick({});
  b.worker.run_all();
  EXPECT_EQ(b.log->committed(), log_offset(6));
  EXPECT_EQ(b.files().size(), 2U) << "a new segment holds what the failed write was asked to";
  prng random(3);
  b.memory.crash(random);
  ASSERT_TRUE(b.open());
  b.worker.run_all();
  expect_run(read_all(*b.log), 0, 6);
}

TEST(lane_log, tells_when_the_disk_begins_and_ends_to_fail) {
  lane_bench b;
  bool failing = false;
  io::faulty_disk faulty(b.memory, [&](io::faulty_disk::operation op, const std::string&) {
    return failing && op == io::faulty_disk::operation::sync ? errc::io : errc::ok;
  });
  b.disk = &faulty;
  ASSERT_TRUE(b.open());
  std::vector<bool> told;
  b.log->on_trouble([&](const trouble& t) {
    EXPECT_EQ(t.what, trouble::kind::write_failed);
    EXPECT_EQ(t.lane, model::lane::bulk);
    told.push_back(t.began);
  });
  b.fill_durably(0, 3, true);
  EXPECT_TRUE(told.empty());
  failing = true;
  b.fill_durably(3, 5);
  for (int i = 0; i < 3; ++i) {
    b.log->tick({});
    b.worker.run_all();
  }
  EXPECT_EQ(told, std::vector{true}) << "once, however often it is tried";
  EXPECT_TRUE(b.metrics.text().contains("perigee_journal_failing{lane=\"bulk\"} 1"));
  failing = false;
  b.log->tick({});
  b.worker.run_all();
  EXPECT_EQ(told, (std::vector{true, false}));
  EXPECT_TRUE(b.metrics.text().contains("perigee_journal_failing{lane=\"bulk\"} 0"));
}

TEST(lane_log, makes_a_name_durable_before_it_trusts_it) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {  // a power cut takes an unsynced name as often as not
    lane_bench b;
    bool failing = false;
    io::faulty_disk faulty(b.memory, [&](io::faulty_disk::operation op, const std::string&) {
      return failing && op == io::faulty_disk::operation::sync_folder ? errc::io : errc::ok;
    });
    b.disk = &faulty;
    ASSERT_TRUE(b.open());
    failing = true;
    b.fill_durably(0, 3);  // renamed, and killed before the folder is synced
    failing = false;
    ASSERT_TRUE(b.open());
    const auto committed = b.log->committed();
    EXPECT_GT(committed, log_offset(0));
    prng random(seed);
    b.memory.crash(random);
    ASSERT_TRUE(b.open());
    EXPECT_GE(b.log->staged(), committed) << seed;
  }
}

TEST(lane_log, survives_a_full_disk) {
  lane_bench b;
  ASSERT_TRUE(b.open());
  b.fill_durably(0, 3, true);
  b.memory.set_capacity(462);
  b.fill(3, 20);
  b.worker.run_all();
  EXPECT_TRUE(is(b.append(numbered(20)).error(), errc::no_space));
  EXPECT_EQ(b.log->committed().value(), 4U) << "the first of them still found room";
  b.log->tick({});
  b.worker.run_all();
  EXPECT_TRUE(is(b.append(numbered(20)).error(), errc::no_space));
  b.memory.set_capacity(1U << 20);
  b.log->tick({});
  b.worker.run_all();
  EXPECT_EQ(b.log->committed(), log_offset(20));
  expect_run(read_all(*b.log), 0, 20);
}

TEST(lane_log, drops_the_oldest_and_says_so_to_its_readers) {
  lane_bench b;
  b.options.bytes_max = 8192;
  b.options.when_full = when_full::drop_oldest;
  ASSERT_TRUE(b.open());
  b.log->on_needed([] { return log_offset(0); });
  b.fill_durably(0, 1000, true);
  EXPECT_LE(b.log->bytes(), 8192U);
  const auto start = b.log->start();
  ASSERT_GT(start, log_offset(0));
  const auto got = read_all(*b.log);
  const auto gaps = gaps_in(got);
  log_offset next;
  for (const auto& said : gaps) {
    EXPECT_EQ(said.first, next) << "one gap ends where the next begins";
    EXPECT_EQ(said.reason, model::gap_reason::disk_bound);
    EXPECT_EQ(said.count, said.last.value() - said.first.value() + 1);
    ASSERT_EQ(said.parts.size(), 1U);
    EXPECT_EQ(said.parts[0].messages, said.count);
    EXPECT_EQ(said.oldest, numbered(said.first.value()).arrival);
    EXPECT_EQ(said.newest, numbered(said.last.value()).arrival);
    next = said.last.next();
  }
  EXPECT_EQ(next, start);
  EXPECT_LE(gaps.size(), limits::journal_drops_max);
  ASSERT_EQ(got.size(), gaps.size() + 1000 - start.value());
  EXPECT_EQ(got[gaps.size()].at, start);
}

TEST(lane_log, drops_by_age_what_no_reader_needs) {
  lane_bench b;
  b.options.segment_bytes = 1024;
  b.options.age_max = std::chrono::seconds(50);
  ASSERT_TRUE(b.open());
  log_offset needed;
  b.log->on_needed([&] { return needed; });
  b.fill_durably(0, 100, true);
  const auto now = numbered(100).arrival;
  b.log->tick(now);
  EXPECT_EQ(b.log->start(), log_offset(0));
  needed = log_offset(100);
  b.log->tick(now);
  EXPECT_GT(b.log->start(), log_offset(20));
  EXPECT_LE(b.log->start(), log_offset(50));
}

TEST(lane_log, acknowledges_at_once_where_memory_was_chosen) {
  lane_bench b;
  b.options.durability = durability::memory;
  ASSERT_TRUE(b.open());
  b.fill(0, 5);
  EXPECT_EQ(b.log->acknowledged(), log_offset(5));
  EXPECT_EQ(b.log->committed(), log_offset(0));
}

TEST(lane_log, may_be_destroyed_under_a_write) {
  lane_bench b;
  ASSERT_TRUE(b.open());
  b.fill(0, 5);
  b.log.reset();
  b.worker.run_all();
}

TEST(lane_log, reads_what_version_1_wrote) {
  lane_bench b;
  ASSERT_TRUE(b.open());
  ASSERT_TRUE(b.append(stamped(0, "press-7", 5, 1)));
  b.worker.run_all();
  ASSERT_TRUE(b.append(numbered(1)));
  b.close();
  const auto now = *b.memory.contents("bulk/" + b.files()[0]);
  const std::string path = "tests/golden/journal/segment-1.bin";
  std::ifstream in(path, std::ios::binary);
  const byte_buffer golden{std::istreambuf_iterator<char>(in), {}};
  if (golden.empty()) {
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(now.data()), std::ssize(now));
    FAIL() << path << " was missing and has been written: check it and commit it";
  }
  EXPECT_EQ(now, golden) << "version 1 is still what is written";
  lane_bench later;
  ASSERT_TRUE(later.memory.make_folder("bulk"));
  {
    ASSERT_TRUE(later.memory.open("bulk/00000000000000000000.seg", io::open_mode::create));
  }
  ASSERT_TRUE(later.memory.overwrite("bulk/00000000000000000000.seg", golden));
  ASSERT_TRUE(later.open());
  EXPECT_EQ(later.found.unproven_records, 0U);
  EXPECT_EQ(later.log->high_water("press-7"), (stamp{epoch(5), sequence(1)}));
  EXPECT_EQ(read_all(*later.log).size(), 2U);
}

TEST(reader, seeks_and_stops_where_it_is_told) {
  lane_bench b;
  b.options.segment_bytes = 4096;
  ASSERT_TRUE(b.open());
  b.fill_durably(0, 500, true);
  reader r(*b.log);
  for (const std::uint64_t at : {499U, 0U, 250U, 251U, 3U}) {
    r.seek(log_offset(at));
    std::vector<log_offset> got;
    ASSERT_EQ(r.read(1, [&](log_offset o, const model::record_view&) { got.push_back(o); }), 1U);
    EXPECT_EQ(got, std::vector{log_offset(at)});
  }
  EXPECT_EQ(r.behind(), 500U - 4);
}

TEST(reader, finishes_a_segment_that_retention_took_from_under_it) {
  lane_bench b;
  b.options.bytes_max = 8192;
  ASSERT_TRUE(b.open());
  b.fill_durably(0, 50, true);
  reader r(*b.log);
  std::vector<log_offset> got;
  const auto note = [&](log_offset at, const model::record_view&) { got.push_back(at); };
  ASSERT_TRUE(r.read(1, note));
  b.fill_durably(50, 1000, true);
  ASSERT_TRUE(r.read(SIZE_MAX, note));
  EXPECT_EQ(got[1], log_offset(1));
  EXPECT_EQ(got.back(), log_offset(999));
  EXPECT_TRUE(std::ranges::is_sorted(got));
}

}  // namespace
}  // namespace perigee::journal
