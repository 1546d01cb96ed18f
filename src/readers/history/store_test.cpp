#include "readers/history/store.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <format>

#include "base/limits.hpp"
#include "model/gap.hpp"
#include "model/record_batch.hpp"
#include "sqlite/temporary_folder_test.hpp"
#include "sqlite/sqlite.hpp"

namespace perigee::readers::history {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t start_ms = 1'732'291'200'000;
constexpr timestamp forever{std::numeric_limits<std::int64_t>::max()};

timestamp at_ms(std::int64_t ms) { return {(start_ms + ms) * 1'000'000}; }

model::record message(std::string_view topic, std::string_view payload) {
  model::record r;
  r.topic = topic;
  r.payload = to_buffer(as_bytes(payload));
  r.source = "press-4";
  r.arrival = at_ms(0);
  return r;
}

/// A reading of temperature every second, stamped 1, 2, 3 ...
model::record stamped(std::uint64_t number) {
  auto r = message("plant/press-4", std::format(R"({{"ts":{},"temperature":{:.1f}}})", start_ms + number * 1000,
                                                20 + static_cast<double>(number % 50) / 10));
  r.epoch = epoch(7);
  r.sequence = sequence(number);
  return r;
}

class store_test : public testing::Test {
 protected:
  void SetUp() override { reopen(); }
  /// Ends the store as a crash would, apart from what SQLite itself has not committed, and opens it again.
  void reopen(epoch name = epoch(3), std::initializer_list<journal::life> lives = {{epoch(9), log_offset(0)}}) {
    store_.reset();
    journal::lineage journal{name, {}};
    for (auto& lane : journal.lanes) {
      for (const auto& each : lives) lane.begin(each.epoch, each.first);
    }
    auto opened = store::open({.path = folder_ / "history.db", .node = "cloud", .journal = std::move(journal)});
    ASSERT_TRUE(opened) << opened.error().what;
    store_ = *std::move(opened);
  }
  record_block block(std::uint64_t first, const std::vector<model::record>& records) {
    record_block out;
    for (const auto& r : records) out.add(log_offset(first++), r.view());
    return out;
  }
  applied apply(std::uint64_t first, const std::vector<model::record>& records) {
    const auto done = store_->stage(block(first, records));
    EXPECT_TRUE(done) << done.error().what;
    EXPECT_TRUE(store_->commit());
    return done.value_or(applied{});
  }
  result<> retry(const unreadable& what) {
    return store_->retry({what.node, what.journal, what.offset}, what.record.view());
  }
  std::vector<model::record> stamped_run(std::uint64_t from, std::uint64_t to) {
    std::vector<model::record> out;
    for (; from <= to; ++from) out.push_back(stamped(from));
    return out;
  }
  series_id temperature() {
    const auto found = store_->find("plant/press-4", "temperature");
    EXPECT_TRUE(found);
    return found.value_or(series_id());
  }
  std::vector<point> all_points() {
    auto answer = store_->raw(temperature(), {}, forever);
    EXPECT_TRUE(answer);
    return answer ? answer->points : std::vector<point>();
  }
  history_totals totals() { return store_->totals().value_or(history_totals{}); }

  sqlite::temporary_folder folder_;
  std::unique_ptr<store> store_;
};

TEST_F(store_test, readings_come_back_over_restarts_and_chunks) {
  for (std::uint64_t n = 0; n < 25; ++n) {
    EXPECT_EQ(apply(n * 100, stamped_run(n * 100 + 1, n * 100 + 100)).readings, 100U);
    if (n % 7 == 3) reopen();
  }
  const auto points = all_points();
  ASSERT_EQ(points.size(), 2500U);
  for (std::size_t i = 0; i < points.size(); ++i) {
    EXPECT_EQ(points[i].time, at_ms(static_cast<std::int64_t>(i + 1) * 1000));
    EXPECT_EQ(points[i].value, model::value(20 + static_cast<double>((i + 1) % 50) / 10));
  }
  EXPECT_EQ(totals().readings, 2500U);
  EXPECT_EQ(totals().missing, 0U);
  EXPECT_EQ(store_->position(model::lane::bulk), log_offset(2500));
  EXPECT_EQ(store_->position(model::lane::alarm), log_offset(0));
}

TEST_F(store_test, what_rules_derived_is_stored_and_its_jumping_stamps_are_no_loss) {
  auto derived = stamped_run(1, 3);
  for (auto& r : derived) {
    r.source = "rules/bulk";
    r.sequence = sequence(r.sequence.value() << 24);
  }
  EXPECT_EQ(apply(0, derived).readings, 3U);
  EXPECT_EQ(totals().missing, 0U);
}

TEST_F(store_test, a_block_applied_again_changes_nothing) {
  const auto run = stamped_run(1, 50);
  apply(10, run);
  EXPECT_EQ(apply(10, run).readings, 0U);
  apply(10, stamped_run(1, 60));  // overlaps, and goes on
  EXPECT_EQ(all_points().size(), 60U);
  EXPECT_EQ(totals().doubled, 0U);  // passed over by position, before anything was looked at
}

TEST_F(store_test, a_crash_before_the_commit_leaves_nothing_and_the_block_can_come_again) {
  apply(0, stamped_run(1, 10));
  ASSERT_TRUE(store_->stage(block(10, stamped_run(11, 20))));
  reopen();
  EXPECT_EQ(store_->position(model::lane::bulk), log_offset(10));
  EXPECT_EQ(all_points().size(), 10U);
  EXPECT_EQ(apply(10, stamped_run(11, 20)).readings, 10U);
  EXPECT_EQ(all_points().size(), 20U);
  EXPECT_EQ(totals().missing, 0U);
  EXPECT_EQ(totals().doubled, 0U);
}

TEST_F(store_test, a_stamped_message_that_comes_twice_is_stored_once_and_counted) {
  apply(0, stamped_run(1, 5));
  EXPECT_EQ(apply(5, stamped_run(4, 8)).doubled, 2U);
  EXPECT_EQ(all_points().size(), 8U);
  apply(10, {stamped(20)});
  EXPECT_EQ(totals().doubled, 2U);
  EXPECT_EQ(totals().missing, 11U);
  reopen();
  EXPECT_EQ(totals().missing, 11U);
  const auto devices = store_->devices();
  ASSERT_TRUE(devices);
  ASSERT_EQ(devices->size(), 1U);
  EXPECT_EQ((*devices)[0].source, "press-4");
  EXPECT_EQ((*devices)[0].highest, 20U);
}

TEST_F(store_test, what_a_child_sent_is_under_its_node) {
  model::batch_encoder encoder;
  for (std::uint64_t n = 0; n < 5; ++n) ASSERT_TRUE(encoder.add(log_offset(n), stamped(n + 1).view()));
  model::record gap;
  gap.kind = model::record_kind::gap;
  model::encode_gap({model::lane::bulk, log_offset(5), log_offset(9), 5, model::gap_reason::age}, gap.payload);
  ASSERT_TRUE(encoder.add(log_offset(9), gap.view()));
  model::record batch;
  batch.kind = model::record_kind::batch;
  encoder.finish("edge-1", model::lane::bulk, epoch(44), log_offset(0), log_offset(9), batch.payload);
  EXPECT_EQ(apply(0, {batch}).readings, 5U);
  const auto all = store_->series();
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 1U);
  EXPECT_EQ((*all)[0].node, "edge-1");
  EXPECT_EQ((*all)[0].readings, 5U);
  EXPECT_EQ((*all)[0].first, at_ms(1000));
  EXPECT_EQ((*all)[0].last, at_ms(5000));
  EXPECT_EQ(totals().gaps, 1U);
  EXPECT_EQ(totals().gap_records, 5U);
  const auto gaps = store_->gaps(100);
  ASSERT_TRUE(gaps);
  ASSERT_EQ(gaps->size(), 1U);
  EXPECT_EQ((*gaps)[0].node, "edge-1");
  EXPECT_EQ(model::decode_gap((*gaps)[0].body)->count, 5U);
}

TEST_F(store_test, poison_is_set_aside_and_the_rest_goes_on) {
  auto broken = message("plant/press-4", "not a number");
  broken.epoch = epoch(9);
  broken.sequence = sequence(1);
  model::record batch;
  batch.kind = model::record_kind::batch;
  batch.payload = {1, 2, 3};
  const auto done = apply(0, {stamped(1), broken, batch, stamped(2)});
  EXPECT_EQ(done.readings, 2U);
  ASSERT_EQ(done.aside.size(), 2U);
  EXPECT_STREQ(done.aside[0].reason, "the payload is neither a JSON object nor a number");
  EXPECT_EQ(done.aside[0].record.topic, "plant/press-4");
  EXPECT_EQ(done.aside[0].offset, log_offset(1));
  EXPECT_EQ(done.aside[0].at, log_offset(1));
  EXPECT_EQ(done.aside[0].node, "cloud");
  const auto again = retry(done.aside[0]);
  ASSERT_FALSE(again);
  EXPECT_STREQ(again.error().what, "the payload is neither a JSON object nor a number");
  EXPECT_EQ(apply(4, {stamped(3)}).readings, 1U);
}

TEST_F(store_test, one_bad_message_of_a_batch_is_set_aside_alone) {
  model::batch_encoder encoder;
  ASSERT_TRUE(encoder.add(log_offset(0), stamped(1).view()));
  ASSERT_TRUE(encoder.add(log_offset(1), message("plant/x", "?").view()));
  ASSERT_TRUE(encoder.add(log_offset(2), stamped(2).view()));
  model::record batch;
  batch.kind = model::record_kind::batch;
  encoder.finish("edge-1", model::lane::bulk, epoch(44), log_offset(0), log_offset(2), batch.payload);
  const auto done = apply(0, {batch});
  EXPECT_EQ(done.readings, 2U);
  ASSERT_EQ(done.aside.size(), 1U);
  EXPECT_EQ(done.aside[0].node, "edge-1");
  EXPECT_EQ(done.aside[0].journal, epoch(44));
  EXPECT_EQ(done.aside[0].offset, log_offset(1));
  EXPECT_EQ(done.aside[0].at, log_offset(0));
}

TEST_F(store_test, a_retry_that_works_stores_the_record_once_however_often_it_comes) {
  auto now_readable = message("plant/press-4", "?");
  auto poison = apply(0, {stamped(1), now_readable}).aside.at(0);
  poison.record.payload = stamped(2).payload;  // as if this version could read it
  EXPECT_TRUE(retry(poison));
  reopen();
  EXPECT_TRUE(retry(poison));
  EXPECT_EQ(all_points().size(), 2U);
  EXPECT_EQ(totals().readings, 2U);
  EXPECT_EQ(totals().messages, 2U);
}

TEST_F(store_test, a_retry_stores_what_found_no_room_and_not_again_what_did) {
  std::vector<model::record> wide;
  for (std::uint64_t i = 0; i < limits::history_series_max / 1000; ++i) {
    std::string payload = "{";
    for (int m = 0; m < 1000 && i * 1000 + static_cast<std::uint64_t>(m) + 1 < limits::history_series_max; ++m)
      payload += std::format("{}\"m{}\":1", m == 0 ? "" : ",", m);
    wide.push_back(message(std::format("plant/{}", i), payload + "}"));
  }
  EXPECT_EQ(apply(0, wide).readings, limits::history_series_max - 1);
  const auto done = apply(wide.size(), {message("plant/last", R"({"a":1,"b":2})")});
  EXPECT_EQ(done.readings, 1U);
  ASSERT_EQ(done.aside.size(), 1U);
  auto poison = done.aside[0];
  EXPECT_FALSE(retry(poison));
  EXPECT_EQ(totals().readings, limits::history_series_max);
  poison.record.topic = "plant/0";  // as if there were room now
  poison.record.payload = to_buffer(as_bytes(R"({"m0":1,"m1":2})"));
  EXPECT_TRUE(retry(poison));
  EXPECT_EQ(totals().readings, limits::history_series_max + 1) << "the first was stored before";
}

TEST_F(store_test, control_topics_and_cleared_messages_are_no_readings) {
  const auto done = apply(0, {message("$aws/things/a/shadow/update", "{}"), message("plant/x", "")});
  EXPECT_EQ(done.readings + done.aside.size(), 0U);
  EXPECT_EQ(store_->position(model::lane::bulk), log_offset(2));
}

TEST_F(store_test, an_alarm_is_no_reading_and_what_else_comes_by_its_lane_is) {
  auto raised =
      message("alarm/hot/press", R"({"alarm":"hot","key":"press","severity":"warning","state":"raised","ts":5})");
  raised.lane = model::lane::alarm;
  auto urgent = message("plant/press", R"({"alarm":"hot","temperature":95})");
  urgent.lane = model::lane::alarm;
  const auto done = apply(0, {raised, urgent});
  EXPECT_EQ(done.messages, 2U);
  EXPECT_EQ(done.readings, 2U) << "of the second alone";
}

TEST_F(store_test, steps_give_min_max_mean_and_last) {
  apply(0, stamped_run(1, 2500));
  const auto from = at_ms(0);
  const auto answer = store_->by_step(temperature(), from, at_ms(3'000'000), 100s);
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->thinned);
  ASSERT_EQ(answer->buckets.size(), 26U);
  std::uint64_t count = 0;
  for (const auto& b : answer->buckets) count += b.count;
  EXPECT_EQ(count, 2500U);
  const auto& b = answer->buckets[3];  // readings 300 to 399
  EXPECT_EQ(b.start, from + 300s);
  EXPECT_EQ(b.count, 100U);
  EXPECT_EQ(b.min, 20);
  EXPECT_EQ(b.max, 24.9);
  EXPECT_NEAR(b.mean, 22.45, 1e-9);
  EXPECT_EQ(b.last, 24.9);
}

TEST_F(store_test, steps_of_whole_chunks_agree_with_opened_ones) {
  apply(0, stamped_run(1, 3000));
  const auto wide = store_->by_step(temperature(), at_ms(0), at_ms(10'000'000), 10'000s);
  ASSERT_TRUE(wide);
  ASSERT_EQ(wide->buckets.size(), 1U);
  EXPECT_EQ(wide->buckets[0].count, 3000U);
  EXPECT_EQ(wide->buckets[0].last, 20);
  double sum = 0;
  for (const auto& p : all_points()) sum += std::get<double>(p.value);
  EXPECT_NEAR(wide->buckets[0].mean, sum / 3000, 1e-9);
}

TEST_F(store_test, raw_readings_come_in_pages_by_time) {
  auto late = stamped_run(1, 2500);
  std::ranges::reverse(late);
  apply(0, late);
  std::vector<point> seen;
  std::optional<timestamp> from = timestamp{};
  for (int pages = 0; from; ++pages) {
    ASSERT_LT(pages, 4);
    const auto page = store_->page(temperature(), *from, forever, 1000);
    ASSERT_TRUE(page);
    seen.insert(seen.end(), page->points.begin(), page->points.end());
    from = page->next;
  }
  ASSERT_EQ(seen.size(), 2500U);
  EXPECT_TRUE(std::ranges::is_sorted(seen, {}, &point::time));
}

TEST_F(store_test, readings_of_one_time_are_on_one_page) {
  std::vector<model::record> records;
  for (const auto* payload : {"1", "2", "3"}) records.push_back(message("plant/x", payload));
  apply(0, records);
  const auto found = store_->find("plant", "x");
  ASSERT_TRUE(found);
  const auto page = store_->page(*found, {}, forever, 2);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->points.size(), 3U);
  EXPECT_FALSE(page->next);
}

TEST_F(store_test, says_where_series_stand) {
  const auto done = apply(0, stamped_run(1, 1500));
  ASSERT_FALSE(done.newest.empty());
  EXPECT_EQ(done.newest.back().of->metric, "temperature");
  EXPECT_EQ(done.newest.back().time, at_ms(1'500'000));
  std::uint64_t readings = 0;
  for (const auto& each : done.newest) readings += each.readings;
  EXPECT_EQ(readings, 1500U);
  reopen();
  const auto all = store_->newest();
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 1U);
  EXPECT_EQ(all->front().time, at_ms(1'500'000));
  EXPECT_EQ(all->front().id, temperature());
  EXPECT_EQ(all->front().of->device, "plant/press-4");
}

TEST_F(store_test, an_answer_is_thinned_to_its_bound_and_says_so) {
  for (std::uint64_t n = 0; n < 25; ++n) apply(n * 1000, stamped_run(n * 1000 + 1, n * 1000 + 1000));
  const auto raw = store_->raw(temperature(), {}, forever);
  ASSERT_TRUE(raw);
  EXPECT_TRUE(raw->thinned);
  EXPECT_EQ(raw->stride, 3U);
  EXPECT_EQ(raw->points.size(), 8334U);
  const auto steps = store_->by_step(temperature(), at_ms(0), at_ms(26'000'000), 1s);
  ASSERT_TRUE(steps);
  EXPECT_TRUE(steps->thinned);
  EXPECT_EQ(steps->step, 3s);
  EXPECT_LE(steps->buckets.size(), limits::history_points_max);
}

TEST_F(store_test, asks_that_make_no_sense_are_answered_with_sense) {
  apply(0, stamped_run(1, 10));
  EXPECT_TRUE(is(store_->find("plant/press-4", "rpm").error(), errc::not_found));
  EXPECT_TRUE(is(store_->by_step(temperature(), at_ms(1), at_ms(0), 1s).error(), errc::malformed));
  EXPECT_TRUE(is(store_->by_step(temperature(), at_ms(0), at_ms(1), 0s).error(), errc::malformed));
  constexpr timestamp dawn{std::numeric_limits<std::int64_t>::min()};
  EXPECT_EQ(store_->by_step(temperature(), dawn, forever, 1s)->buckets.size(), 10U);
  EXPECT_TRUE(store_->by_step(temperature(), dawn, dawn, 1s)->buckets.empty());
  EXPECT_TRUE(store_->raw(temperature(), at_ms(100'000), forever)->points.empty());
  EXPECT_TRUE(store_->raw(series_id(99), {}, forever)->points.empty());
}

TEST_F(store_test, old_chunks_are_forgotten_and_the_series_goes_on) {
  apply(0, stamped_run(1, 2500));
  for (bool more = true; more;) {
    const auto left = store_->retain(at_ms(1'500'000));
    ASSERT_TRUE(left);
    more = *left;
  }
  EXPECT_EQ(all_points().size(), 1500U);  // the chunk of 1,001 to 2,000 is not older as a whole
  ASSERT_TRUE(store_->retain(forever));
  EXPECT_TRUE(store_->series()->empty());
  apply(2500, stamped_run(2501, 2510));
  EXPECT_EQ(all_points().size(), 10U);
}

TEST_F(store_test, a_damaged_open_chunk_does_not_stop_what_comes) {
  apply(0, stamped_run(1, 10));
  store_.reset();
  auto db = sqlite::connection::open(folder_ / "history.db", false);
  ASSERT_TRUE(db);
  ASSERT_TRUE(db->execute("UPDATE chunk SET block = x'0102030405'"));
  reopen();
  EXPECT_EQ(apply(10, stamped_run(11, 20)).readings, 10U);
  EXPECT_TRUE(is(store_->raw(temperature(), {}, forever).error(), errc::corrupt));
  EXPECT_EQ(store_->raw(temperature(), at_ms(11'000), forever)->points.size(), 10U);
}

TEST_F(store_test, a_new_journal_is_read_from_its_start) {
  apply(0, stamped_run(1, 10));
  reopen(epoch(4));
  EXPECT_EQ(store_->position(model::lane::bulk), log_offset(0));
}

TEST_F(store_test, goes_back_to_where_a_restored_journal_parts_from_the_one_it_read) {
  const journal::life old{epoch(9), log_offset(0)};
  apply(0, stamped_run(1, 10));
  reopen(epoch(3), {old, {epoch(10), log_offset(10)}});
  EXPECT_EQ(store_->position(model::lane::bulk), log_offset(10)) << "a mere restart";
  apply(10, stamped_run(11, 20));
  reopen(epoch(3), {old, {epoch(11), log_offset(5)}});
  EXPECT_EQ(store_->position(model::lane::bulk), log_offset(5));
  EXPECT_EQ(apply(5, stamped_run(21, 25)).readings, 5U) << "what stands at these places now is not skipped";
  reopen(epoch(3), {old, {epoch(11), log_offset(5)}, {epoch(12), log_offset(10)}});
  EXPECT_EQ(store_->position(model::lane::bulk), log_offset(10));
}

/// A Sparkplug B payload with one metric of type Int32: named where it is a birth, by alias 1 alone elsewhere.
model::record sparkplug(std::string_view type, std::uint8_t value) {
  auto r = message(std::format("spBv1.0/plant/{}/edge-1", type), "");
  const bool birth = type == "NBIRTH";
  r.payload = birth ? byte_buffer{0x12, 11, 0x0a, 3, 'r', 'p', 'm', 0x10, 1, 0x20, 3, 0x50, value}
                    : byte_buffer{0x12, 4, 0x10, 1, 0x50, value};
  return r;
}

TEST_F(store_test, an_alias_is_understood_after_a_restart) {
  apply(0, {sparkplug("NBIRTH", 10), sparkplug("NDATA", 11)});
  reopen();
  EXPECT_EQ(apply(2, {sparkplug("NDATA", 12)}).readings, 1U);
  const auto rpm = store_->find("plant/edge-1", "rpm");
  ASSERT_TRUE(rpm);
  EXPECT_EQ(store_->raw(*rpm, {}, forever)->points.size(), 3U);
}

TEST_F(store_test, an_alias_that_no_birth_named_is_set_aside) {
  const auto done = apply(0, {sparkplug("NDATA", 11)});
  EXPECT_EQ(done.readings, 0U);
  ASSERT_EQ(done.aside.size(), 1U);
}

TEST_F(store_test, belongs_to_one_node_and_may_be_looked_at_by_any) {
  apply(0, stamped_run(1, 10));
  const auto other = store::open({.path = folder_ / "history.db", .node = "fog"});
  ASSERT_FALSE(other);
  EXPECT_TRUE(is(other.error(), errc::refused));
  const auto viewer = store::open({.path = folder_ / "history.db", .node = "", .read_only = true});
  ASSERT_TRUE(viewer);
  EXPECT_EQ((*viewer)->totals()->readings, 10U);
  EXPECT_FALSE(store::open({.path = folder_ / "none.db", .node = "", .read_only = true}));
}

}  // namespace
}  // namespace perigee::readers::history
