// The board of alarms over a journal in memory, and over restarts.

#include "readers/alarms/alarms_reader.hpp"

#include <gtest/gtest.h>

#include "alarm/handed_down.hpp"
#include "io/memory_disk.hpp"
#include "io/shard.hpp"
#include "model/derived.hpp"
#include "model/record_batch.hpp"

namespace perigee::readers::alarms {
namespace {

using namespace std::chrono_literals;
using enum perigee::alarm::event;

class an_alarms_reader : public testing::Test {
 protected:
  an_alarms_reader() {
    clock::install(time_);
    start();
  }
  /// As after a kill.
  void restart() {
    reader_.reset();
    aside_.reset();
    log_.reset();
    start();
  }
  void start() {
    ++life_;
    const journal::options chosen{
        .folder = "journal", .node = "fog-1", .new_epoch = epoch(5), .new_life = epoch(life_), .metrics = metrics_};
    journal::recovery_report found;
    log_ = std::move(journal::journal::open(disk_, worker_, chosen, found).value());
    aside_ = std::move(quarantine::keeper::open(disk_, worker_, {"aside/records", epoch(7), metrics_}).value());
    alarms_options options{.node = "fog-1", .state_file = "alarms", .aside = *aside_, .metrics = metrics_};
    reader_ = std::move(alarms_reader::open(shard_, disk_, worker_, *log_, std::move(options)).value());
  }
  void append(std::string_view payload, model::record_kind kind = model::record_kind::message) {
    model::record_view r;
    r.kind = kind;
    r.lane = model::lane::alarm;
    r.topic = "alarm/hot";
    r.source = "rules";
    r.payload = as_bytes(payload);
    ASSERT_TRUE(log_->append(r));
  }
  void run() {
    while (reader_->step()) {
    }
    reader_->save();
  }
  void append_from_child(std::string_view child, std::string_view payload, std::string_view source = "rules/bulk") {
    model::record_view m;
    m.lane = model::lane::alarm;
    m.topic = "alarm/hot";
    m.source = source;
    m.payload = as_bytes(payload);
    model::batch_encoder batch;
    ASSERT_TRUE(batch.add(log_offset(sent_), m));
    byte_buffer block;
    batch.finish(child, model::lane::alarm, epoch(77), log_offset(sent_), log_offset(sent_), block);
    ++sent_;
    model::record_view r;
    r.kind = model::record_kind::batch;
    r.lane = model::lane::alarm;
    const auto name = "uplink/" + std::string(child);
    r.source = name;
    r.payload = block;
    ASSERT_TRUE(log_->append(r));
  }
  const perigee::alarm::entry& alarm() { return *reader_->board().find(1); }
  alarms_reader::answer into(result<>& outcome) {
    return [&outcome](result<> how) { outcome = how; };
  }

  static constexpr std::string_view raised =
      R"({"alarm":"hot","key":"m7","severity":"critical","state":"raised","ts":5,"since":5})";
  std::uint64_t life_ = 10;
  std::uint64_t sent_ = 0;
  io::virtual_time time_;
  io::shard shard_;
  io::memory_disk disk_;
  io::inline_worker worker_;
  metrics::registry metrics_;
  std::unique_ptr<journal::journal> log_;
  std::unique_ptr<quarantine::keeper> aside_;
  std::unique_ptr<alarms_reader> reader_;
};

TEST_F(an_alarms_reader, what_a_person_does_is_a_record_and_stays) {
  append(raised);
  run();
  ASSERT_NE(reader_->board().find(1), nullptr);
  result<> seen = fail(errc::cancelled, "not answered");
  reader_->act(1, {.what = acknowledge, .by = "ada", .comment = "on my way", .at = {7000}}, into(seen));
  EXPECT_FALSE(seen) << "the board has not read it back";
  run();
  EXPECT_TRUE(seen);
  restart();
  ASSERT_TRUE(alarm().answered.acknowledged);
  EXPECT_EQ(alarm().answered.acknowledged->comment, "on my way");
  result<> ended;
  reader_->act(1, {.what = clear, .by = "ada", .at = {9000}}, into(ended));
  run();
  EXPECT_TRUE(ended);
  EXPECT_FALSE(alarm().now.active);
  EXPECT_EQ((*log_)[model::lane::alarm].committed().value(), 3U);
}

TEST_F(an_alarms_reader, refuses_what_cannot_be_done) {
  append(raised);
  run();
  result<> how;
  reader_->act(2, {.what = acknowledge, .by = "ada"}, into(how));
  EXPECT_TRUE(is(how.error(), errc::not_found));
  reader_->act(1, {.what = acknowledge, .by = "ada"}, into(how));
  run();
  reader_->act(1, {.what = acknowledge, .by = "bob"}, into(how));
  EXPECT_TRUE(is(how.error(), errc::refused));
  reader_->act(1, {.what = shelve, .by = "bob", .how_long = 9h}, into(how));
  EXPECT_TRUE(is(how.error(), errc::refused)) << "eight hours unless the rule says otherwise";
  reader_->act_on_group("fog-1", "line-1", {.what = suppress, .by = "bob"}, into(how));
  EXPECT_TRUE(is(how.error(), errc::not_found));
}

TEST_F(an_alarms_reader, shelves_as_long_as_it_may) {
  append(raised);
  run();
  result<> how;
  const timestamp now{clock::wall().ns / 1000 * 1000};  // as it is told
  reader_->act(1, {.what = shelve, .by = "ada", .at = now}, into(how));
  run();
  ASSERT_TRUE(how);
  EXPECT_EQ(alarm().shelved.until, now + 8h);
  restart();
  EXPECT_EQ(state_of(alarm().now), perigee::alarm::state::shelved);
  reader_->tick(now + 8h);
  EXPECT_EQ(state_of(alarm().now), perigee::alarm::state::unacknowledged);
}

TEST_F(an_alarms_reader, goes_on_behind_what_was_saved) {
  append(raised);
  run();
  append(R"({"alarm":"hot","key":"m7","state":"cleared","ts":8,"since":5})");
  restart();
  EXPECT_TRUE(alarm().condition);
  run();
  EXPECT_FALSE(alarm().condition);
  EXPECT_EQ(alarm().times_raised, 1U);
}

TEST_F(an_alarms_reader, tells_the_history_of_an_alarm_from_the_journal) {
  append(raised);
  append(R"({"alarm":"other","state":"raised","ts":6})");
  run();
  result<> how;
  reader_->act(1, {.what = acknowledge, .by = "ada", .comment = "on my way", .at = {7000}}, into(how));
  run();
  append(R"({"alarm":"hot","key":"m7","state":"cleared","ts":8,"since":5})");
  run();
  restart();
  const auto lines = reader_->history_of(alarm());
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].what.what, activate);
  EXPECT_EQ(lines[1].what.what, acknowledge);
  EXPECT_EQ(lines[1].what.by, "ada");
  EXPECT_EQ(lines[1].told_by, "fog-1");
  EXPECT_EQ(lines[2].what.what, normalize);
}

TEST_F(an_alarms_reader, hands_down_what_concerns_a_child) {
  std::vector<std::pair<std::string, byte_buffer>> sent;
  const auto keep = [&](std::string_view child, byte_view m) { sent.emplace_back(child, to_buffer(m)); };
  reader_->hand_down_by(keep);
  append_from_child("edge-1", raised);
  run();
  ASSERT_EQ(alarm().via, "edge-1");
  EXPECT_TRUE(sent.empty());
  result<> how;
  reader_->act(1, {.what = acknowledge, .by = "ada", .at = {7000}}, into(how));
  run();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].first, "edge-1");
  append_from_child("edge-1", to_payload(perigee::alarm::take_handed_down(sent[0].second)->front()),
                    model::operators_source);
  run();
  EXPECT_EQ(sent.size(), 1U) << "what comes back is not sent again";
  EXPECT_EQ(reader_->history_of(alarm()).size(), 2U) << "nor told twice";
  reader_->tell("edge-1");
  reader_->tell("edge-2");
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[1], sent[0]);
}

TEST_F(an_alarms_reader, hears_what_its_parent_hands_down) {
  append(raised);
  run();
  auto said = reader_->board().tell(alarm(), shelve, {{7000}, "ada", "from above"});
  said.kind = perigee::alarm::shelving::timed;
  said.until = said.at + 1h;
  const auto message = perigee::alarm::hand_down({&said, 1})[0];
  reader_->hear(message);
  run();
  EXPECT_EQ(alarm().shelved.how.by, "ada");
  const auto end = (*log_)[model::lane::alarm].committed();
  reader_->hear(message);
  reader_->hear(byte_view(message).first(3));
  said.node = "nobody";
  reader_->hear(perigee::alarm::hand_down({&said, 1})[0]);
  run();
  EXPECT_EQ((*log_)[model::lane::alarm].committed(), end) << "nothing of it is news";
}

TEST_F(an_alarms_reader, hears_what_is_handed_down_before_its_board_is_read) {
  append(raised);
  run();
  const auto said = reader_->board().tell(alarm(), acknowledge, {{7000}, "ada", "from above"});
  restart();
  append(R"({"alarm":"other","state":"raised","ts":6})");
  for (std::uint32_t i = 0; i < limits::alarm_downlinks_max + 3; ++i) {
    reader_->hear(perigee::alarm::hand_down({&said, 1})[0]);
  }
  run();
  EXPECT_TRUE(alarm().now.acked);
  EXPECT_EQ((*log_)[model::lane::alarm].committed().value(), 3U) << "once";
}

TEST_F(an_alarms_reader, believes_no_device_that_plays_the_operator) {
  append(raised);
  append(R"({"alarm":"hot","key":"m7","state":"acknowledged","ts":8,"since":5,"by":"ada"})");
  append_from_child("fog-1", R"({"alarm":"hot","key":"m7","state":"cleared","ts":8,"since":5})");
  run();
  EXPECT_EQ(state_of(alarm().now), perigee::alarm::state::unacknowledged);
}

TEST_F(an_alarms_reader, sets_a_batch_that_does_not_open_aside) {
  append("no batch", model::record_kind::batch);
  append(raised);
  run();
  EXPECT_EQ(reader_->board().count().active, 1U);
  ASSERT_EQ(aside_->list().size(), 1U);
  EXPECT_EQ(aside_->list()[0].who.reader, "alarms");
}

TEST_F(an_alarms_reader, tells_of_changes) {
  int changes = 0;
  reader_->on_change([&changes] { ++changes; });
  append(raised);
  run();
  append("no alarm");
  run();
  EXPECT_EQ(changes, 1);
  reader_->tick({});
  EXPECT_EQ(metrics_.make_gauge("perigee_alarms_unacknowledged", "").value(), 1);
}

}  // namespace
}  // namespace perigee::readers::alarms
