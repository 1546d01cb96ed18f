#include "journal/inspect.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "io/faulty_disk.hpp"
#include "journal/detail/frame.hpp"
#include "journal/fixture_test.hpp"
#include "journal/repair.hpp"
#include "journal/verify.hpp"
#include "model/gap.hpp"

namespace perigee::journal {
namespace {

constexpr std::uint64_t stored = 40;

/// A journal with a few segments in the lane bulk, closed in order, to be damaged.
struct folder_bench : node_bench {
  folder_bench() {
    segment_bytes = 1024;
    static_cast<void>(open());
    for (std::uint64_t n = 0; n < stored; ++n) {
      static_cast<void>(append(model::lane::bulk, n));
      worker.run_all();
    }
    {
      const auto cursor = log->open_cursor("uplink", model::lane::bulk, true);
      (*cursor)->advance(log_offset(10));
      (*cursor)->flush({});
      worker.run_all();
    }
    shut();
    const auto listed = *disk.list("data/bulk");
    for (const auto& name : listed) names.push_back("data/bulk/" + name);
  }
  void shut() {
    log->close([](result<>) {});
    worker.run_all();
    log.reset();
  }
  std::vector<finding> findings(io::disk* on = nullptr) {
    std::vector<finding> out;
    const auto done =
        verify(on == nullptr ? disk : *on, "data", {.found = [&](const finding& f) { out.push_back(f); }});
    EXPECT_TRUE(done);
    return out;
  }
  std::uint64_t damages() {
    return static_cast<std::uint64_t>(std::ranges::count(findings(), severity::damage, &finding::how));
  }
  std::vector<repair_step> mend(bool write, const std::string& node_name = {}) {
    std::vector<repair_step> out;
    EXPECT_TRUE(repair(disk, "data", {.write = write, .node = node_name},
                       [&](const repair_step& step) { out.push_back(step); }));
    return out;
  }
  void change(const std::string& path, const std::function<void(byte_buffer&)>& how) {
    auto bytes = *disk.contents(path);
    how(bytes);
    static_cast<void>(disk.overwrite(path, bytes));
  }
  void flip(const std::string& path, std::size_t at) {
    change(path, [at](byte_buffer& bytes) { bytes[at] ^= 4; });
  }
  /// What a dump gives: records by offset, and how many are missing.
  std::pair<std::vector<std::uint64_t>, std::uint64_t> dumped(log_offset from = {},
                                                              log_offset to = log_offset(UINT64_MAX)) {
    struct collector final : dump_visitor {
      bool on_record(log_offset at, const model::record_view& r) override {
        EXPECT_EQ(model::record(r).payload, numbered(at.value()).payload);
        records.push_back(at.value());
        return true;
      }
      bool on_missing(log_offset first, log_offset last) override {
        missing += last.value() - first.value() + 1;
        return true;
      }
      std::vector<std::uint64_t> records;
      std::uint64_t missing = 0;
    } all;
    EXPECT_TRUE(dump(disk, "data", {}, {.lane = model::lane::bulk, .from = from, .to = to}, all));
    return {all.records, all.missing};
  }
  std::map<std::string, byte_buffer> contents() {
    std::map<std::string, byte_buffer> out;
    for (const std::string folder : {"data", "data/bulk", "data/cursors"}) {
      const auto listed = *disk.list(folder);
      for (const auto& name : listed) {
        if (auto bytes = disk.contents(folder + '/' + name)) out[folder + '/' + name] = *std::move(bytes);
      }
    }
    return out;
  }

  std::vector<std::string> names;
};

TEST(inspect, lists_what_a_journal_holds) {
  folder_bench b;
  const auto got = summarize(b.disk, "data");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->node, "fog-1");
  EXPECT_EQ(got->epoch, epoch(9));
  const auto& bulk = got->lanes[2];
  ASSERT_EQ(bulk.segments.size(), b.names.size());
  EXPECT_EQ(bulk.end, log_offset(stored));
  std::uint64_t records = 0;
  for (const auto& each : bulk.segments) {
    EXPECT_EQ(each.first.value(), records);
    EXPECT_EQ(each.oldest, numbered(records).arrival);
    records += each.records;
    EXPECT_EQ(each.newest, numbered(records - 1).arrival);
    EXPECT_EQ(each.sealed, records != stored);
  }
  EXPECT_EQ(records, stored);
  ASSERT_EQ(got->cursors.size(), 1U);
  EXPECT_EQ(got->cursors[0].name, "uplink");
  EXPECT_TRUE(got->cursors[0].required);
  EXPECT_EQ(got->cursors[0].behind, stored - 10);
  EXPECT_TRUE(is(summarize(b.disk, "nowhere").error(), errc::not_found));
}

TEST(inspect, dumps_a_range) {
  folder_bench b;
  EXPECT_EQ(b.dumped().first.size(), stored);
  EXPECT_EQ(b.dumped(log_offset(17), log_offset(19)).first, (std::vector<std::uint64_t>{17, 18, 19}));
  EXPECT_TRUE(b.dumped(log_offset(stored)).first.empty());
  b.flip(b.names[1], b.disk.contents(b.names[1])->size() / 2);
  const auto [records, missing] = b.dumped();
  EXPECT_EQ(records.size(), stored - 1);
  EXPECT_EQ(missing, 1U);
}

TEST(inspect, works_beside_a_running_node_and_changes_nothing) {
  folder_bench b;
  ASSERT_TRUE(b.open());
  for (std::uint64_t n = stored; n < stored + 3; ++n) ASSERT_TRUE(b.append(model::lane::bulk, n));
  b.worker.run_one();
  b.worker.run_one();
  const auto before = b.contents();
  EXPECT_TRUE(summarize(b.disk, "data"));
  EXPECT_EQ(b.dumped().first.size(), stored + 3);
  EXPECT_TRUE(b.findings().empty());
  EXPECT_TRUE(is(repair(b.disk, "data", {.write = true, .node = {}}, [](const repair_step&) {}).error(), errc::exists));
  EXPECT_EQ(b.contents(), before);
}

TEST(verify, finds_nothing_where_nothing_is_wrong) {
  folder_bench b;
  EXPECT_TRUE(b.findings().empty());
  std::uint64_t told = 0;
  const auto sum = verify(b.disk, "data", {.found = [](const finding&) {}, .read = [&](auto, auto) { ++told; }});
  ASSERT_TRUE(sum);
  EXPECT_EQ(sum->records, stored);
  EXPECT_EQ(sum->segments, b.names.size());
  EXPECT_EQ(told, 0U) << "it says how far it is once in a MiB";
  EXPECT_TRUE(is(verify(b.disk, "nowhere", {.found = [](const finding&) {}}).error(), errc::not_found));
}

TEST(verify, finds_every_flipped_bit) {
  for (std::size_t which : {1U, 3U}) {
    folder_bench b;
    const auto whole = *b.disk.contents(b.names.at(which));
    for (std::size_t at = 0; at < whole.size() && !testing::Test::HasFailure(); ++at) {
      SCOPED_TRACE(testing::Message() << b.names[which] << " at " << at);
      ASSERT_TRUE(b.disk.overwrite(b.names[which], whole));
      b.flip(b.names[which], at);
      const auto found = b.findings();
      ASSERT_EQ(found.size(), 1U);
      const bool is_last_mark = which + 1 == b.names.size() && at + detail::frame_head_bytes >= whole.size();
      EXPECT_EQ(found[0].how, is_last_mark ? severity::note : severity::damage);
      EXPECT_LE(found[0].records(), 1U);
      if (found[0].kind == "damaged records") {
        EXPECT_LE(found[0].at, at);
        EXPECT_GT(found[0].at + found[0].bytes, at);
      }
    }
  }
}

TEST(verify, says_what_is_missing) {
  folder_bench b;
  ASSERT_TRUE(b.disk.remove(b.names[1]));
  auto found = b.findings();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, "missing segment");
  EXPECT_EQ("data/" + found[0].file, b.names[1]);
  EXPECT_GT(found[0].records(), 5U);
  ASSERT_TRUE(b.disk.remove("data/journal.id"));
  found = b.findings();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].kind, "missing identity");
}

TEST(verify, takes_a_torn_tail_for_what_it_is) {
  folder_bench b;
  ASSERT_TRUE(b.open());
  ASSERT_TRUE(b.append(model::lane::bulk, stored));
  b.worker.run_all();
  ASSERT_TRUE(b.append(model::lane::bulk, stored + 1));
  b.worker.run_all();
  b.log.reset();
  const auto last = "data/bulk/" + detail::segment_name(log_offset(stored));
  b.change(last, [](byte_buffer& bytes) { bytes.resize(bytes.size() - 3); });
  auto found = b.findings();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].how, severity::note);
  EXPECT_EQ(found[0].kind, "torn tail");
  b.change(last, [](byte_buffer& bytes) { bytes.resize(detail::segment_header_bytes + 30); });
  found = b.findings();
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].how, severity::damage) << "the header says that more was synced";
}

TEST(verify, goes_on_where_the_disk_does_not_read) {
  folder_bench b;
  for (const bool header_too : {true, false}) {
    const auto unread = [&](std::uint64_t read) { return header_too || read > 0; };
    std::uint64_t reads = 0;
    io::faulty_disk faulty(b.disk, [&](io::faulty_disk::operation op, const std::string& path) {
      return op == io::faulty_disk::operation::read && path == b.names[2] && unread(reads++) ? errc::io : errc::ok;
    });
    const auto found = b.findings(&faulty);
    ASSERT_EQ(found.size(), header_too ? 2U : 1U);
    EXPECT_EQ(found.back().kind, "damaged records");
    EXPECT_GT(found.back().records(), 5U);
  }
}

TEST(verify, judges_cursors) {
  folder_bench b;
  ASSERT_TRUE(b.disk.remove(b.names.back()));
  EXPECT_TRUE(b.findings().empty()) << "the cursor had not come so far";
  for (std::size_t i = 1; i + 1 < b.names.size(); ++i) ASSERT_TRUE(b.disk.remove(b.names[i]));
  b.change(b.names[0], [](byte_buffer& bytes) { bytes.resize(bytes.size() / 2); });
  auto found = b.findings();
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.back().kind, "lost end");
  EXPECT_EQ(found.back().end, log_offset(10));
  b.change("data/cursors/bulk.uplink", [](byte_buffer& bytes) { std::ranges::fill(bytes, std::uint8_t{1}); });
  found = b.findings();
  EXPECT_EQ(found.back().kind, "damaged cursor");
}

TEST(verify, judges_what_stands_beside_the_segments) {
  folder_bench b;
  b.flip("data/journal.lives", 20);
  {
    ASSERT_TRUE(b.disk.open("data/bulk/drops", io::open_mode::create));
  }
  ASSERT_TRUE(b.disk.overwrite("data/bulk/drops", as_bytes("no drops")));
  const auto found = b.findings();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].kind, "damaged lives");
  EXPECT_EQ(found[1].kind, "damaged drops");
}

TEST(repair, changes_nothing_in_a_dry_run) {
  folder_bench b;
  b.flip(b.names[0], 30);
  b.flip(b.names[1], 300);
  ASSERT_TRUE(b.disk.remove(b.names[2]));
  const auto before = b.contents();
  const auto steps = b.mend(false);
  EXPECT_EQ(steps.size(), 2U);
  EXPECT_TRUE(std::ranges::none_of(steps, &repair_step::done));
  auto after = b.contents();
  after.erase("data/lock");
  EXPECT_EQ(after, before);
}

TEST(repair, keeps_every_readable_record_and_its_offset) {
  for (const std::size_t which : {0U, 1U, 3U}) {
    folder_bench b;
    const auto path = b.names[which];
    const auto whole = *b.disk.contents(path);
    for (std::size_t at = 3; at < whole.size() && !testing::Test::HasFailure(); at += 11) {
      SCOPED_TRACE(testing::Message() << path << " at " << at);
      ASSERT_TRUE(b.disk.overwrite(path, whole));
      b.flip(path, at);
      if (b.damages() == 0) continue;
      const auto before = b.dumped();
      for (const auto& step : b.mend(true)) EXPECT_TRUE(step.done) << step.what;
      EXPECT_EQ(b.damages(), 0U);
      EXPECT_EQ(b.dumped(), before);
      ASSERT_TRUE(b.open());
      EXPECT_EQ(b.found.lanes[2].damaged_segments, 0U);
      EXPECT_EQ(b.found.lanes[2].damaged_bytes, 0U);
      EXPECT_EQ(read_all((*b.log)[model::lane::bulk]).size(), stored) << "a record or a gap for each";
      b.log.reset();
    }
  }
}

TEST(repair, puts_aside_what_does_not_verify) {
  folder_bench b;
  b.flip(b.names[1], 300);
  const auto cut = b.findings().at(0);
  const auto bytes = *b.disk.contents(b.names[1]);
  const auto steps = b.mend(true);
  ASSERT_EQ(steps.size(), 1U);
  const auto aside = *b.disk.contents("data/bulk/damaged-" + b.names[1].substr(10, 20) + "-1.bin");
  byte_reader r(aside);
  EXPECT_EQ(r.u64(), cut.at);
  EXPECT_EQ(r.u64(), cut.bytes);
  EXPECT_TRUE(std::ranges::equal(r.bytes(cut.bytes), byte_view(bytes).subspan(cut.at, cut.bytes)));
  EXPECT_TRUE(r.ok() && r.done());
  const auto found = b.findings();
  ASSERT_EQ(found.size(), 1U) << "the gap stays, and is known";
  EXPECT_EQ(found[0].how, severity::known);
  EXPECT_EQ(found[0].first, cut.first);
}

TEST(repair, moves_segments_back) {
  folder_bench b;
  const auto first = *b.disk.contents(b.names[1]);
  const auto second = *b.disk.contents(b.names[2]);
  ASSERT_TRUE(b.disk.overwrite(b.names[1], second));
  ASSERT_TRUE(b.disk.overwrite(b.names[2], first));
  ASSERT_TRUE(b.open());  // sets both aside
  b.shut();
  EXPECT_GT(b.damages(), 0U);
  for (const auto& step : b.mend(true)) EXPECT_TRUE(step.done) << step.file << step.what;
  EXPECT_EQ(b.damages(), 0U);
  EXPECT_EQ(b.dumped().first.size(), stored);
}

TEST(repair, moves_nothing_to_where_it_would_double) {
  folder_bench b;
  {
    ASSERT_TRUE(b.disk.open("data/bulk/00000000000000009999.seg", io::open_mode::create));
  }
  ASSERT_TRUE(b.disk.overwrite("data/bulk/00000000000000009999.seg", *b.disk.contents(b.names[1])));
  const auto steps = b.mend(true);
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_TRUE(steps[0].left);
  EXPECT_EQ(b.dumped().first.size(), stored);
}

TEST(repair, accepts_a_missing_segment_as_a_gap) {
  folder_bench b;
  ASSERT_TRUE(b.disk.remove(b.names[1]));
  ASSERT_EQ(b.mend(true).size(), 1U);
  EXPECT_EQ(b.damages(), 0U);
  EXPECT_EQ(b.findings().size(), 1U);
  const auto [records, missing] = b.dumped();
  EXPECT_EQ(records.size() + missing, stored);
}

TEST(repair, makes_a_lost_identity_again) {
  folder_bench b;
  const auto before = *b.disk.contents("data/journal.id");
  ASSERT_TRUE(b.disk.remove("data/journal.id"));
  EXPECT_TRUE(b.mend(true).at(0).left) << "nobody says whose it is";
  EXPECT_TRUE(b.mend(true, "fog-1").at(0).done);
  EXPECT_EQ(*b.disk.contents("data/journal.id"), before);
  EXPECT_TRUE(b.findings().empty());
}

TEST(repair, leaves_a_torn_tail_to_the_next_start) {
  folder_bench b;
  ASSERT_TRUE(b.open());
  for (std::uint64_t n = stored; n < stored + 6; ++n) {
    ASSERT_TRUE(b.append(model::lane::bulk, n));
    b.worker.run_all();
  }
  b.log.reset();
  const auto last = "data/bulk/" + detail::segment_name(log_offset(stored));
  b.change(last, [](byte_buffer& bytes) { bytes.resize(bytes.size() - 3); });
  b.flip(last, b.disk.contents(last)->size() / 2);
  for (const auto& step : b.mend(true)) EXPECT_TRUE(step.done);
  EXPECT_EQ(b.damages(), 0U);
  ASSERT_TRUE(b.open());
  EXPECT_GT(b.found.lanes[2].torn_bytes, 0U);
  b.worker.run_all();
  EXPECT_EQ(b.append(model::lane::bulk, 99), log_offset(stored + 5));
}

}  // namespace
}  // namespace perigee::journal
