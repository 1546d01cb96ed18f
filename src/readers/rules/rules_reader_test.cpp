// What the rules reader does with what it cannot open, over a journal and a quarantine in memory.

#include "readers/rules/rules_reader.hpp"

#include <gtest/gtest.h>

#include "io/memory_disk.hpp"
#include "io/shard.hpp"

namespace perigee::readers::rules {
namespace {

constexpr std::string_view rule =
    "/*\nname = \"hot\"\n[[action]]\npublish = \"fan\"\n*/\nSELECT t FROM 'plant/#' WHERE t > 50";

class a_rules_reader : public testing::Test {
 protected:
  a_rules_reader() {
    clock::install(time_);
    const journal::options chosen{
        .folder = "journal", .node = "fog-1", .new_epoch = epoch(5), .new_life = epoch(6), .metrics = metrics_};
    journal::recovery_report found;
    log_ = std::move(journal::journal::open(disk_, worker_, chosen, found).value());
    aside_ = std::move(quarantine::keeper::open(disk_, worker_, {"aside/records", epoch(7), metrics_}).value());
    open_reader();
  }
  void open_reader() {
    reader_.reset();
    const perigee::rules::rule_source source{"hot.rule.sql", std::string(rule)};
    auto set = perigee::rules::rule_set::load({&source, 1});
    ASSERT_TRUE(set) << render_all(set.error());
    reader_ =
        std::move(rules_reader::open(shard_, disk_, worker_, *log_, std::move(*set),
                                     {.node = "fog-1", .state_file = "rules", .aside = *aside_, .metrics = metrics_})
                      .value());
  }
  void append(model::record_kind kind, std::string_view payload) {
    model::record_view r;
    r.kind = kind;
    r.topic = "plant/press-4";
    r.source = "press-4";
    r.payload = as_bytes(payload);
    ASSERT_TRUE(log_->append(r));
  }
  void run() {
    while (reader_->step(clock::wall())) {
    }
    reader_->save();
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

}  // namespace
}  // namespace perigee::readers::rules
