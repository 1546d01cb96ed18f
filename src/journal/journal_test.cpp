#include "journal/journal.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "journal/fixture_test.hpp"

namespace perigee::journal {
namespace {

TEST(journal, keeps_lanes_apart) {
  node_bench b;
  ASSERT_TRUE(b.open());
  EXPECT_TRUE(b.found.created);
  EXPECT_EQ(b.append(model::lane::alarm, 1), log_offset(0));
  EXPECT_EQ(b.append(model::lane::bulk, 2), log_offset(0));
  EXPECT_EQ(b.append(model::lane::bulk, 3), log_offset(1));
  int told_first = 0;
  int told_second = 0;
  b.log->on_commit([&] { ++told_first; });
  b.log->on_commit([&] { ++told_second; });
  b.worker.run_all();
  EXPECT_EQ(told_first, 3);
  EXPECT_EQ(told_second, 3);
  EXPECT_EQ((*b.log)[model::lane::alarm].committed(), log_offset(1));
  EXPECT_EQ((*b.log)[model::lane::event].committed(), log_offset(0));
  EXPECT_EQ((*b.log)[model::lane::bulk].committed(), log_offset(2));
}

TEST(journal, tells_of_what_arrives_before_it_is_durable) {
  node_bench b;
  ASSERT_TRUE(b.open());
  std::vector<std::string> came;
  b.log->on_arrival([&](const model::record_view& r, log_offset at) {
    came.push_back(std::format("{} at {} with {} durable", as_text(r.payload), at.value(),
                               (*b.log)[model::lane::bulk].committed().value()));
  });
  const auto arrive = [&](std::string_view payload, std::uint64_t sequence) {
    model::record_view r;
    r.topic = "a";
    r.payload = as_bytes(payload);
    r.source = "press";
    r.epoch = perigee::epoch(1);
    r.sequence = perigee::sequence(sequence);
    return b.log->append(r);
  };
  ASSERT_TRUE(arrive("first", 1));
  ASSERT_TRUE(arrive("second", 2));
  EXPECT_TRUE(is(arrive("second again", 2).error(), errc::duplicate));
  b.worker.run_all();
  ASSERT_TRUE(arrive("third", 3));
  EXPECT_EQ(came, (std::vector<std::string>{"first at 0 with 0 durable", "second at 1 with 0 durable",
                                            "third at 2 with 2 durable"}));
  const std::string large(limits::payload_bytes_max + 1, 'x');
  came.clear();
  EXPECT_FALSE(arrive(large, 4));
  EXPECT_EQ(came.size(), 1U) << "it came, even if it finds no room";
}

TEST(journal, is_the_same_after_a_restart) {
  node_bench b;
  ASSERT_TRUE(b.open());
  ASSERT_TRUE(b.append(model::lane::bulk, 2));
  result<> closed = fail(errc::timed_out, "not yet");
  b.log->close([&](result<> r) { closed = r; });
  b.worker.run_all();
  EXPECT_TRUE(closed);
  ASSERT_TRUE(b.open());
  EXPECT_FALSE(b.found.created);
  EXPECT_EQ(b.log->epoch(), epoch(9));
  EXPECT_EQ(b.found.lanes[2].records, 1U);
}

TEST(journal, begins_a_life_with_each_opening) {
  node_bench b;
  ASSERT_TRUE(b.open());
  EXPECT_EQ(b.log->life_at(model::lane::bulk, log_offset(0)), epoch(101));
  ASSERT_TRUE(b.append(model::lane::bulk, 1));
  b.worker.run_all();
  ASSERT_TRUE(b.append(model::lane::bulk, 2));  // lost with the process
  prng random(3);
  b.disk.crash(random);
  ASSERT_TRUE(b.open());
  const auto staged = (*b.log)[model::lane::bulk].staged();
  EXPECT_EQ(b.log->life_at(model::lane::bulk, log_offset(0)), epoch(101));
  EXPECT_EQ(b.log->life_at(model::lane::bulk, staged), epoch(102));
  EXPECT_EQ(b.log->life_at(model::lane::alarm, log_offset(0)), epoch(102)) << "101 left nothing in this lane";
  ASSERT_TRUE(b.disk.remove("data/journal.lives"));
  ASSERT_TRUE(b.open());
  EXPECT_EQ(b.log->life_at(model::lane::bulk, log_offset(0)), epoch(103)) << "a name that no other copy knows";
}

TEST(journal, opens_on_a_full_disk) {
  node_bench b;
  ASSERT_TRUE(b.open());
  ASSERT_TRUE(b.append(model::lane::bulk, 1));
  b.worker.run_all();
  b.log.reset();
  b.disk.set_capacity(0);
  ASSERT_TRUE(b.open());
  EXPECT_EQ(b.log->life_at(model::lane::bulk, log_offset(1)), epoch(101)) << "there is no room to note another";
}

TEST(journal, goes_on_under_another_life_where_it_was_restored) {
  node_bench b;
  ASSERT_TRUE(b.open());
  ASSERT_TRUE(b.append(model::lane::bulk, 1));
  b.worker.run_all();
  b.log.reset();
  const auto segment = *b.disk.contents("data/bulk/00000000000000000000.seg");
  const auto lives = *b.disk.contents("data/journal.lives");
  ASSERT_TRUE(b.open());
  ASSERT_TRUE(b.append(model::lane::bulk, 2));
  b.worker.run_all();
  const auto original = b.log->lives();
  b.log.reset();
  ASSERT_TRUE(b.disk.remove("data/bulk/00000000000000000001.seg"));
  ASSERT_TRUE(b.disk.overwrite("data/bulk/00000000000000000000.seg", segment));
  ASSERT_TRUE(b.disk.overwrite("data/journal.lives", lives));
  ASSERT_TRUE(b.open());
  EXPECT_NE(b.log->life_at(model::lane::bulk, log_offset(1)), original[model::lane::bulk].at(log_offset(1)).epoch);
  EXPECT_EQ(b.log->lives().resume(model::lane::bulk, original, log_offset(2)), log_offset(1));
}

TEST(journal, refuses_the_folder_of_another) {
  node_bench b;
  ASSERT_TRUE(b.open());
  auto kept = std::move(b.log);
  EXPECT_TRUE(is(b.open().error(), errc::exists)) << "it is in use";
  kept.reset();
  b.node = "fog-2";
  EXPECT_TRUE(is(b.open().error(), errc::refused));
  auto bytes = *b.disk.contents("data/journal.id");
  bytes[8] = 2;
  ASSERT_TRUE(b.disk.overwrite("data/journal.id", bytes));
  EXPECT_TRUE(is(b.open().error(), errc::unsupported));
  bytes[8] = 1;
  bytes[10] ^= 1;
  ASSERT_TRUE(b.disk.overwrite("data/journal.id", bytes));
  EXPECT_TRUE(is(b.open().error(), errc::corrupt));
}

TEST(cursor, stands_where_it_stood) {
  node_bench b;
  ASSERT_TRUE(b.open());
  for (std::uint64_t n = 0; n < 10; ++n) ASSERT_TRUE(b.append(model::lane::event, n));
  b.worker.run_all();
  auto cursor = b.log->open_cursor("rules", model::lane::event, true);
  ASSERT_TRUE(cursor);
  EXPECT_TRUE(is(b.log->open_cursor("rules", model::lane::event, true).error(), errc::exists));
  EXPECT_TRUE(is(b.log->open_cursor("../etc", model::lane::event, true).error(), errc::malformed));
  for (std::uint64_t n = 1; n <= 5; ++n) {
    (*cursor)->advance(log_offset(n));
    b.log->tick({});
    b.worker.run_all();
  }
  (*cursor)->advance(log_offset(3));  // never back
  (*cursor)->advance(log_offset(8));  // not saved
  cursor->reset();
  prng random(5);
  b.disk.crash(random);
  ASSERT_TRUE(b.open());
  auto again = b.log->open_cursor("rules", model::lane::event, true);
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->position(), log_offset(5));
  bool durable = false;
  (*again)->advance(log_offset(9));
  (*again)->flush([&](result<> r) { durable = r.has_value(); });
  b.worker.run_all();
  EXPECT_TRUE(durable);
}

TEST(cursor, falls_back_to_its_other_slot) {
  node_bench b;
  ASSERT_TRUE(b.open());
  for (std::uint64_t n = 0; n < 10; ++n) ASSERT_TRUE(b.append(model::lane::event, n));
  b.worker.run_all();
  {
    auto cursor = b.log->open_cursor("rules", model::lane::event, true);
    ASSERT_TRUE(cursor);
    for (const std::uint64_t at : {4U, 7U}) {
      (*cursor)->advance(log_offset(at));
      b.log->tick({});
      b.worker.run_all();
    }
  }
  auto bytes = *b.disk.contents("data/cursors/event.rules");
  bytes[20] ^= 1;  // the second save went to the first slot
  ASSERT_TRUE(b.disk.overwrite("data/cursors/event.rules", bytes));
  ASSERT_TRUE(b.open());
  auto again = b.log->open_cursor("rules", model::lane::event, true);
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->position(), log_offset(4));
}

TEST(cursor, holds_back_retention_before_its_reader_has_opened_it) {
  node_bench b;
  b.bytes_max = 8192;
  ASSERT_TRUE(b.open());
  {
    ASSERT_TRUE(b.log->open_cursor("uplink", model::lane::bulk, true));
  }
  ASSERT_TRUE(b.open());
  result<log_offset> last;
  for (std::uint64_t n = 0; last && n < 1000; ++n) {
    last = b.append(model::lane::bulk, n);
    b.worker.run_all();
  }
  EXPECT_TRUE(is(last.error(), errc::full));
  ASSERT_TRUE(b.log->forget_cursor("uplink", model::lane::bulk));
  EXPECT_TRUE(b.append(model::lane::bulk, 0));
}

TEST(cursor, of_what_is_not_configured_any_more_is_forgotten) {
  node_bench b;
  ASSERT_TRUE(b.open());
  const auto kept = b.log->open_cursor("webhook.ops", model::lane::event, true);
  ASSERT_TRUE(kept);
  for (const auto* name : {"webhook.old", "webhook.older", "web"}) {
    ASSERT_TRUE(b.log->open_cursor(name, model::lane::event, true)) << name;
  }
  ASSERT_TRUE(b.log->open_cursor("webhook.old", model::lane::bulk, true));
  EXPECT_EQ(b.log->forget_idle_cursors("webhook.", model::lane::event),
            (std::vector<std::string>{"webhook.old", "webhook.older"}));
  EXPECT_TRUE(b.log->forget_idle_cursors("webhook.", model::lane::event).empty());
  EXPECT_TRUE(is(b.log->forget_cursor("webhook.ops", model::lane::event).error(), errc::exists)) << "it is in use";
  EXPECT_TRUE(b.log->forget_cursor("web", model::lane::event));
  EXPECT_TRUE(b.log->forget_cursor("webhook.old", model::lane::bulk));
}

TEST(cursor, ahead_of_a_log_that_lost_its_end_keeps_its_offsets) {
  node_bench b;
  ASSERT_TRUE(b.open());
  for (std::uint64_t n = 0; n < 10; ++n) ASSERT_TRUE(b.append(model::lane::bulk, n));
  b.worker.run_all();
  {
    auto cursor = b.log->open_cursor("uplink", model::lane::bulk, true);
    ASSERT_TRUE(cursor);
    (*cursor)->advance(log_offset(10));
    (*cursor)->flush({});
    b.worker.run_all();
  }
  ASSERT_TRUE(b.disk.remove("data/bulk/00000000000000000000.seg"));
  ASSERT_TRUE(b.open());
  EXPECT_EQ(b.found.lanes[2].missing_records, 10U);
  EXPECT_EQ(b.append(model::lane::bulk, 99), log_offset(10)) << "an offset names one record for ever";
}

TEST(cursor, a_lane_commits_up_to_one_that_is_ahead_of_what_was_left) {
  lane_bench b;
  ASSERT_TRUE(b.open());
  b.fill_durably(0, 5);
  b.fill_durably(5, 10);  // no mark follows: staged again when it is opened
  b.at_least = log_offset(20);
  ASSERT_TRUE(b.open());
  EXPECT_EQ(b.found.missing_records, 10U);
  b.worker.run_all();
  EXPECT_EQ(b.log->committed(), log_offset(20)) << "nothing waits for what is gone";
  b.fill_durably(20, 21);
  const auto all = read_all(*b.log);
  ASSERT_EQ(all.size(), 12U) << "ten records, a gap, and the new one";
  EXPECT_EQ(all[10].record.kind, model::record_kind::gap);
  EXPECT_EQ(all[11].at, log_offset(20));
}

}  // namespace
}  // namespace perigee::journal
