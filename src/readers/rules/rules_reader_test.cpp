// What the rules reader does with what it cannot open, over a journal and a quarantine in memory.

#include "readers/rules/rules_reader.hpp"

#include <gtest/gtest.h>

#include "io/memory_disk.hpp"
#include "io/shard.hpp"

namespace perigee::readers::rules {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view rule =
    "/*\nname = \"hot\"\n[[action]]\npublish = \"fan\"\n*/\nSELECT t FROM 'plant/#' WHERE t > 50";

constexpr std::string_view window_rule =
    "/*\nname = \"each-10-s\"\n[[action]]\nstore = \"sums\"\n*/\n"
    "SELECT count(*) AS n FROM 'silo/#' GROUP BY TUMBLINGWINDOW(ss, 10)";

class a_rules_reader : public testing::Test {
 protected:
  a_rules_reader() {
    clock::install(time_);
    open_journal();
    aside_ = std::move(quarantine::keeper::open(disk_, worker_, {"aside/records", epoch(7), metrics_}).value());
    open_reader();
  }
  void open_journal() {
    const journal::options chosen{
        .folder = "journal", .node = "fog-1", .new_epoch = epoch(5), .new_life = epoch(6), .metrics = metrics_};
    journal::recovery_report found;
    log_ = std::move(journal::journal::open(disk_, worker_, chosen, found).value());
  }
  /// As after a kill: what was not saved is gone.
  void restart() {
    reader_.reset();
    log_.reset();
    open_journal();
    open_reader();
  }
  static perigee::rules::rule_set compiled(std::string_view first, std::string_view second) {
    const std::array sources{perigee::rules::rule_source{"hot.rule.sql", std::string(first)},
                             perigee::rules::rule_source{"each-10-s.rule.sql", std::string(second)}};
    auto set = perigee::rules::rule_set::load(sources);
    if (!set) ADD_FAILURE() << render_all(set.error());
    return set ? std::move(*set) : *perigee::rules::rule_set::load({});
  }
  void open_reader() {
    reader_.reset();
    reader_ =
        std::move(rules_reader::open(shard_, disk_, worker_, *log_, compiled(rule, window_rule),
                                     {.node = "fog-1", .state_file = "rules", .aside = *aside_, .metrics = metrics_})
                      .value());
  }
  void append(model::record_kind kind, std::string_view payload, std::string_view topic = "plant/press-4") {
    model::record_view r;
    r.kind = kind;
    r.topic = topic;
    r.arrival = clock::wall();
    r.source = "press-4";
    r.payload = as_bytes(payload);
    ASSERT_TRUE(log_->append(r));
  }
  void run() {
    while (reader_->step(clock::wall())) {
    }
    reader_->save();
  }
  void pass(nanoseconds time) { time_.advance_to(clock::now() + time); }
  /// The payloads of what was decided.
  std::vector<std::string> decided() {
    std::vector<std::string> out;
    journal::reader all((*log_)[model::lane::event], log_offset(0));
    while (all.read(1U << 20, [&](log_offset, const model::record_view& r) { out.emplace_back(as_text(r.payload)); })
               .value_or(0) != 0) {
    }
    return out;
  }
  std::uint64_t decisions() { return (*log_)[model::lane::event].committed().value(); }

  io::virtual_time time_;
  io::shard shard_;
  io::memory_disk disk_;
  io::inline_worker worker_;
  metrics::registry metrics_;
  std::unique_ptr<journal::journal> log_;
  std::unique_ptr<quarantine::keeper> aside_;
  std::unique_ptr<rules_reader> reader_;
};

TEST_F(a_rules_reader, sets_a_batch_that_does_not_open_aside_and_goes_on) {
  append(model::record_kind::batch, "no batch");
  append(model::record_kind::message, R"({"t":99})");
  run();
  EXPECT_EQ(decisions(), 1U);
  ASSERT_EQ(aside_->list().size(), 1U);
  EXPECT_EQ(aside_->list()[0].who.reader, "rules");
  EXPECT_EQ(aside_->list()[0].at, log_offset(0));
  open_reader();
  run();
  EXPECT_EQ(aside_->list().size(), 1U);
  result<> again;
  aside_->retry(1, clock::wall(), [&again](result<> how) { again = how; });
  EXPECT_FALSE(again);
  EXPECT_EQ(aside_->list().at(0).retries, 1U);
}

TEST_F(a_rules_reader, a_payload_that_is_no_json_is_null_to_a_rule_and_no_poison) {
  append(model::record_kind::message, "no json");
  run();
  EXPECT_TRUE(aside_->list().empty());
}

TEST_F(a_rules_reader, decides_once_on_what_is_tried_again_and_can_be_opened_now) {
  append(model::record_kind::message, R"({"t":1})");
  run();
  model::record now_readable;
  now_readable.topic = "plant/press-4";
  now_readable.payload = to_buffer(as_bytes(R"({"t":99})"));
  aside_->set_aside({.reader = "rules",
                     .origin = {"fog-1", epoch(6), log_offset(0)},
                     .at = log_offset(0),
                     .reason = "a newer version wrote it",
                     .record = now_readable.view()},
                    clock::wall());
  result<> first = fail(errc::cancelled, "not answered");
  aside_->retry(1, clock::wall(), [&first](result<> how) { first = how; });
  EXPECT_FALSE(first) << "its decision is not known to be durable yet";
  reader_->step(clock::wall());
  EXPECT_TRUE(first);
  EXPECT_EQ(decisions(), 1U);
  EXPECT_TRUE(aside_->list().empty());
}

TEST_F(a_rules_reader, ends_a_window_by_a_tick_where_no_message_does) {
  append(model::record_kind::message, "{}", "silo/1");
  append(model::record_kind::message, "{}", "silo/2");
  run();
  EXPECT_TRUE(decided().empty());
  pass(10s);
  run();
  EXPECT_EQ(decided(), std::vector<std::string>{R"({"n":2})"});
  EXPECT_EQ((*log_)[model::lane::bulk].committed().value(), 3U) << "two messages and one tick";
  pass(60s);
  run();
  EXPECT_EQ((*log_)[model::lane::bulk].committed().value(), 3U) << "nothing waits: no tick";
}

TEST_F(a_rules_reader, a_crash_ends_no_window_twice_and_forgets_none) {
  append(model::record_kind::message, "{}", "silo/1");
  run();  // and saves what the window holds
  restart();
  append(model::record_kind::message, "{}", "silo/1");
  while (reader_->step(clock::wall())) {
  }
  pass(10s);
  while (reader_->step(clock::wall())) {
  }
  EXPECT_EQ(decided(), std::vector<std::string>{R"({"n":2})"});
  // Killed before its state was saved: it decides on the message and the tick again.
  restart();
  append(model::record_kind::message, "{}", "silo/1");
  run();
  EXPECT_EQ(decided(), std::vector<std::string>{R"({"n":2})"});
  pass(10s);
  run();
  EXPECT_EQ(decided(), (std::vector<std::string>{R"({"n":2})", R"({"n":1})"}));
}

TEST_F(a_rules_reader, other_rules_go_on_where_the_ones_before_stand) {
  constexpr std::string_view alarming =
      "/*\nname = \"hot\"\n[[action]]\nalarm = \"hot\"\n[[action]]\npublish = \"fan\"\n*/\n"
      "SELECT t FROM 'plant/#' WHERE t > 50";
  ASSERT_TRUE(reader_->replace(compiled(alarming, window_rule)));
  append(model::record_kind::message, "{}", "silo/1");
  append(model::record_kind::message, R"({"t":99})");
  run();
  EXPECT_EQ(decided(), std::vector<std::string>{R"({"t":99})"});
  EXPECT_EQ((*log_)[model::lane::alarm].committed().value(), 1U);
  // The window is of a rule that stays, the alarm of one that does not.
  ASSERT_TRUE(reader_->replace(compiled(rule, window_rule)));
  EXPECT_EQ(reader_->figures()[1].stats.seen, 1U);
  EXPECT_EQ(reader_->figures()[0].stats.seen, 0U) << "the rule was changed";
  run();
  EXPECT_EQ((*log_)[model::lane::alarm].committed().value(), 2U) << "and it is told that it is over";
  append(model::record_kind::message, "{}", "silo/1");
  append(model::record_kind::message, R"({"t":98})");
  run();
  pass(10s);
  run();
  EXPECT_EQ(decided(), (std::vector<std::string>{R"({"t":99})", R"({"t":98})", R"({"n":2})"}));
  restart();
  run();
  EXPECT_EQ(decided().size(), 3U);
  EXPECT_EQ((*log_)[model::lane::alarm].committed().value(), 2U);
}

TEST_F(a_rules_reader, a_rule_that_goes_while_the_node_is_down_leaves_no_alarm_behind) {
  constexpr std::string_view alarming =
      "/*\nname = \"hot\"\n[[action]]\nalarm = \"hot\"\n*/\nSELECT t FROM 'plant/#' WHERE t > 50";
  ASSERT_TRUE(reader_->replace(compiled(alarming, window_rule)));
  append(model::record_kind::message, R"({"t":99})");
  append(model::record_kind::message, R"({"t":9})");
  append(model::record_kind::message, R"({"t":99})");
  run();
  EXPECT_EQ((*log_)[model::lane::alarm].committed().value(), 3U);
  restart();  // with the rules of before
  run();
  EXPECT_EQ((*log_)[model::lane::alarm].committed().value(), 4U);
}

}  // namespace
}  // namespace perigee::readers::rules
