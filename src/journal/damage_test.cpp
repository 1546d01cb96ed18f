// What a disk, a careless copy or a person can do to a stored lane, and what opening and reading it then answers: the
// rows of "What happens when" in docs/formats/journal.md that lane_log_test.cpp and journal_test.cpp do not have.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "io/faulty_disk.hpp"
#include "journal/detail/frame.hpp"
#include "journal/fixture_test.hpp"
#include "model/gap.hpp"

namespace perigee::journal {
namespace {

constexpr std::uint64_t stored = 40;

/// A lane of a few segments that was closed in order, to be damaged and put back as often as a test likes.
struct stored_lane : lane_bench {
  stored_lane() {
    options.segment_bytes = 1024;
    static_cast<void>(open());
    fill_durably(0, stored, true);
    close();
    log.reset();
    names = files();
    for (const auto& name : names) whole[name] = *memory.contents("bulk/" + name);
  }
  void put(const std::string& name, byte_view bytes) {
    {
      static_cast<void>(memory.open("bulk/" + name, io::open_mode::create));
    }
    static_cast<void>(memory.overwrite("bulk/" + name, bytes));
  }
  void remove(const std::string& name) { static_cast<void>(memory.remove("bulk/" + name)); }
  /// As it was before any damage.
  void restore() {
    log.reset();
    for (const auto& name : files()) remove(name);
    for (const auto& [name, bytes] : whole) put(name, bytes);
  }
  void reopen() {
    ASSERT_TRUE(open());
    worker.run_all();
  }
  [[nodiscard]] std::uint64_t first_of(std::size_t segment) const { return std::stoull(names.at(segment)); }

  std::vector<std::string> names;
  std::map<std::string, byte_buffer> whole;
};

struct account {
  std::uint64_t records = 0;
  std::uint64_t in_gaps = 0;

  bool operator==(const account&) const = default;
};

/// Reads everything from `from`: each record is the one that was stored under its offset, and what is not there is in a
/// gap.
account read_account(lane_log& log, log_offset from = {}) {
  account sum;
  auto expected = from;
  for (const auto& [at, record] : read_all(log, from)) {
    EXPECT_EQ(at, expected);
    expected = at.next();
    if (record.kind == model::record_kind::gap) {
      const auto said = model::decode_gap(record.payload);
      EXPECT_TRUE(said && said->first == at);
      if (said) expected = said->last.next();
      sum.in_gaps += said ? said->count : 0;
      continue;
    }
    EXPECT_EQ(record.payload, numbered(at.value()).payload) << at.value();
    ++sum.records;
  }
  EXPECT_EQ(expected, log.committed());
  return sum;
}

TEST(damage, of_any_one_bit_costs_at_most_its_record) {
  stored_lane b;
  ASSERT_GT(b.names.size(), 3U);
  for (const auto& name : {b.names[1], b.names.back()}) {
    for (std::size_t at = 0; at < b.whole.at(name).size() && !testing::Test::HasFailure(); ++at) {
      SCOPED_TRACE(testing::Message() << name << " at " << at);
      b.restore();
      b.flip("bulk/" + name, at);
      b.reopen();
      const auto got = read_account(*b.log);
      EXPECT_LE(got.in_gaps, 1U);
      EXPECT_EQ(got.records + got.in_gaps, stored);
    }
  }
}

TEST(damage, of_a_segment_cut_short_leaves_the_others) {
  stored_lane b;
  const auto& name = b.names[1];
  const auto bytes = b.whole.at(name);
  for (std::size_t left = 0; left < bytes.size() && !testing::Test::HasFailure(); left += 5) {
    SCOPED_TRACE(testing::Message() << "cut to " << left);
    b.restore();
    b.put(name, byte_view(bytes).first(left));
    b.reopen();
    const auto got = read_account(*b.log);
    EXPECT_EQ(got.records + got.in_gaps, stored);
    EXPECT_LE(got.in_gaps, b.first_of(2) - b.first_of(1));
  }
}

TEST(damage, of_the_last_segment_cut_short_leaves_a_log_that_goes_on) {
  stored_lane b;
  const auto& name = b.names.back();
  const auto bytes = b.whole.at(name);
  const auto first = b.first_of(b.names.size() - 1);
  for (std::size_t left = 0; left < bytes.size() && !testing::Test::HasFailure(); left += 5) {
    SCOPED_TRACE(testing::Message() << "cut to " << left);
    b.restore();
    b.put(name, byte_view(bytes).first(left));
    b.reopen();
    const auto end = b.log->committed().value();
    EXPECT_GE(end, first);
    b.fill_durably(end, end + 5);
    const auto got = read_account(*b.log);
    EXPECT_EQ(got.records + got.in_gaps, end + 5);
    EXPECT_LE(got.in_gaps, 1U) << "only what the header says was there";
  }
}

TEST(damage, by_two_segments_that_changed_names_gives_gaps_and_keeps_both) {
  stored_lane b;
  b.put(b.names[1], b.whole.at(b.names[2]));
  b.put(b.names[2], b.whole.at(b.names[1]));
  b.reopen();
  EXPECT_EQ(b.found.damaged_segments, 2U);
  const auto lost = b.first_of(3) - b.first_of(1);
  EXPECT_EQ(read_account(*b.log), (account{stored - lost, lost}));
  EXPECT_EQ(*b.memory.contents("bulk/" + b.names[1] + ".misplaced-1"), b.whole.at(b.names[2]));
  EXPECT_EQ(*b.memory.contents("bulk/" + b.names[2] + ".misplaced-1"), b.whole.at(b.names[1]));
}

TEST(damage, by_a_copied_segment_doubles_nothing) {
  stored_lane b;
  for (const std::uint64_t name : {b.first_of(1) + 1, stored, stored + 1000}) {
    b.restore();
    b.put(detail::segment_name(log_offset(name)), b.whole.at(b.names[1]));
    b.reopen();
    EXPECT_EQ(b.found.damaged_segments, 1U) << name;
    EXPECT_EQ(read_account(*b.log), (account{stored, 0})) << name;
  }
}

TEST(damage, by_a_misplaced_segment_never_makes_way_for_a_new_one) {
  stored_lane b;
  b.remove(b.names[1]);
  const auto taken = detail::segment_name(log_offset(stored));  // the name that the next segment gets
  b.put(taken, b.whole.at(b.names[1]));
  b.reopen();
  b.fill_durably(stored, stored + 3);
  EXPECT_EQ(*b.memory.contents("bulk/" + taken + ".misplaced-1"), b.whole.at(b.names[1]));
  EXPECT_EQ(read_account(*b.log).records, stored + 3 - (b.first_of(2) - b.first_of(1)));
  b.close();
  b.put(taken, b.whole.at(b.names[1]));  // once more: both are kept
  b.reopen();
  EXPECT_TRUE(b.memory.contents("bulk/" + taken + ".misplaced-2"));
}

TEST(damage, by_a_missing_segment_gives_one_gap) {
  for (std::size_t which = 0; which < 3; ++which) {
    stored_lane b;
    b.remove(b.names[which]);
    b.reopen();
    const auto lost = b.first_of(which + 1) - b.first_of(which);
    EXPECT_EQ(read_account(*b.log), (account{stored - lost, lost})) << which;
    EXPECT_EQ(b.found.missing_segments, which == 0 ? 0U : 1U) << "the first may have been retention's";
  }
}

TEST(damage, by_a_missing_last_segment_ends_the_log_before_it) {
  stored_lane b;
  b.remove(b.names.back());
  b.reopen();
  const auto end = b.first_of(b.names.size() - 1);
  EXPECT_EQ(read_account(*b.log), (account{end, 0}));
}

TEST(damage, is_not_assumed_where_the_disk_does_not_read_at_the_start) {
  stored_lane b;
  std::string unreadable;
  io::faulty_disk faulty(b.memory, [&](io::faulty_disk::operation op, const std::string& path) {
    return op == io::faulty_disk::operation::read && path == unreadable ? errc::io : errc::ok;
  });
  b.disk = &faulty;
  for (const auto& name : {b.names.front(), b.names.back()}) {
    unreadable = "bulk/" + name;
    EXPECT_TRUE(is(b.open().error(), errc::io)) << name;
    EXPECT_EQ(b.files(), b.names) << "nothing was touched";
  }
  unreadable.clear();
  b.reopen();
  EXPECT_EQ(read_account(*b.log), (account{stored, 0}));
}

TEST(damage, is_not_assumed_where_the_disk_does_not_read_for_a_reader) {
  stored_lane b;
  bool failing = false;
  const auto unreadable = "bulk/" + b.names[2];
  io::faulty_disk faulty(b.memory, [&](io::faulty_disk::operation op, const std::string& path) {
    return failing && op == io::faulty_disk::operation::read && path == unreadable ? errc::io : errc::ok;
  });
  b.disk = &faulty;
  b.reopen();
  failing = true;
  reader r(*b.log);
  std::uint64_t visited = 0;
  const auto count = [&](log_offset at, const model::record_view& record) {
    EXPECT_EQ(at, log_offset(visited++));
    EXPECT_EQ(record.kind, model::record_kind::message);
  };
  EXPECT_TRUE(is(r.read(SIZE_MAX, count).error(), errc::io));
  EXPECT_TRUE(is(r.read(SIZE_MAX, count).error(), errc::io));
  EXPECT_EQ(r.position(), log_offset(b.first_of(2)));
  failing = false;
  EXPECT_TRUE(r.read(SIZE_MAX, count));
  EXPECT_EQ(visited, stored);
}

/// A journal with records in two lanes and a cursor, closed in order.
struct stored_journal : node_bench {
  stored_journal() {
    static_cast<void>(open());
    for (std::uint64_t n = 0; n < stored; ++n) {
      static_cast<void>(append(model::lane::bulk, n));
      static_cast<void>(append(model::lane::event, n));
      worker.run_all();
    }
    {
      const auto cursor = log->open_cursor("uplink", model::lane::bulk, true);
      for (const auto at : {10U, 20U}) {
        (*cursor)->advance(log_offset(at));
        (*cursor)->flush({});
        worker.run_all();
      }
    }
    log->close([](result<>) {});
    worker.run_all();
    log.reset();
  }
  log_offset position() {
    const auto cursor = log->open_cursor("uplink", model::lane::bulk, true);
    return cursor ? (*cursor)->position() : log_offset(UINT64_MAX);
  }
};

TEST(damage, to_both_slots_of_a_cursor_starts_its_reader_at_the_oldest) {
  stored_journal b;
  auto bytes = *b.disk.contents("data/cursors/bulk.uplink");
  bytes[20] ^= 1;
  bytes[512 + 20] ^= 1;
  ASSERT_TRUE(b.disk.overwrite("data/cursors/bulk.uplink", bytes));
  ASSERT_TRUE(b.open());
  EXPECT_EQ(b.position(), log_offset(0));
}

TEST(damage, by_a_missing_cursor_starts_its_reader_at_the_oldest) {
  stored_journal b;
  ASSERT_TRUE(b.disk.remove("data/cursors/bulk.uplink"));
  ASSERT_TRUE(b.open());
  EXPECT_EQ(b.position(), log_offset(0));
}

TEST(damage, by_a_copy_that_ended_half_way_keeps_what_was_copied) {
  stored_journal b;  // no cursors, one lane short, one lane not begun
  ASSERT_TRUE(b.disk.remove("data/cursors/bulk.uplink"));
  const std::string path = "data/bulk/00000000000000000000.seg";
  auto bytes = *b.disk.contents(path);
  bytes.resize(bytes.size() / 2);
  ASSERT_TRUE(b.disk.overwrite(path, bytes));
  ASSERT_TRUE(b.disk.remove("data/event/00000000000000000000.seg"));
  ASSERT_TRUE(b.open());
  b.worker.run_all();
  const auto got = read_account((*b.log)[model::lane::bulk]);
  EXPECT_GT(got.records, stored / 3);
  EXPECT_LT(got.records, stored);
  EXPECT_EQ(got.in_gaps, 0U) << "nothing behind it tells of more";
  EXPECT_GT(b.found.lanes[2].torn_bytes, 0U);
  EXPECT_EQ(b.append(model::lane::event, 0), log_offset(0));
}

TEST(damage, by_a_lost_identity_disowns_no_record) {
  stored_journal b;
  ASSERT_TRUE(b.disk.remove("data/journal.id"));
  const auto before = *b.disk.contents("data/bulk/00000000000000000000.seg");
  EXPECT_TRUE(is(b.open().error(), errc::corrupt));
  EXPECT_FALSE(b.disk.contents("data/journal.id")) << "a new identity would disown what is stored";
  EXPECT_EQ(*b.disk.contents("data/bulk/00000000000000000000.seg"), before);
}

}  // namespace
}  // namespace perigee::journal
