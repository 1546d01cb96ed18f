// The board of alarms over a journal in memory, and over restarts.

#include "readers/alarms/alarms_reader.hpp"

#include <gtest/gtest.h>

#include "io/memory_disk.hpp"
#include "io/shard.hpp"

namespace perigee::readers::alarms {
namespace {

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
  alarms_reader::answer into(result<>& outcome) {
    return [&outcome](result<> how) { outcome = how; };
  }

  static constexpr std::string_view raised =
      R"({"alarm":"hot","key":"m7","severity":"critical","state":"raised","ts":5,"since":5})";
  std::uint64_t life_ = 10;
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
  reader_->acknowledge(1, {"ada", "on my way", {7000}}, into(seen));
  EXPECT_FALSE(seen) << "the board has not read it back";
  run();
  EXPECT_TRUE(seen);
  restart();
  ASSERT_TRUE(reader_->board().find(1)->acknowledged);
  EXPECT_EQ(reader_->board().find(1)->acknowledged->comment, "on my way");
  result<> ended;
  reader_->clear(1, "ada", {9000}, into(ended));
  run();
  EXPECT_TRUE(ended);
  EXPECT_FALSE(reader_->board().find(1)->raised);
  EXPECT_EQ((*log_)[model::lane::alarm].committed().value(), 3U);
}

TEST_F(an_alarms_reader, refuses_what_cannot_be_done) {
  append(raised);
  run();
  result<> how;
  reader_->acknowledge(2, {}, into(how));
  EXPECT_TRUE(is(how.error(), errc::not_found));
  reader_->acknowledge(1, {"ada", "", {}}, into(how));
  run();
  reader_->acknowledge(1, {"bob", "", {}}, into(how));
  EXPECT_TRUE(is(how.error(), errc::refused));
  reader_->clear(1, "ada", {}, into(how));
  run();
  reader_->clear(1, "ada", {}, into(how));
  EXPECT_TRUE(is(how.error(), errc::refused));
}

TEST_F(an_alarms_reader, goes_on_behind_what_was_saved) {
  append(raised);
  run();
  append(R"({"alarm":"hot","key":"m7","state":"cleared","ts":8,"since":5})");
  restart();
  EXPECT_TRUE(reader_->board().find(1)->raised);
  run();
  EXPECT_FALSE(reader_->board().find(1)->raised);
  EXPECT_EQ(reader_->board().find(1)->times_raised, 1U);
}

TEST_F(an_alarms_reader, sets_a_batch_that_does_not_open_aside) {
  append("no batch", model::record_kind::batch);
  append(raised);
  run();
  EXPECT_EQ(reader_->board().raised(), 1U);
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
}

}  // namespace
}  // namespace perigee::readers::alarms
