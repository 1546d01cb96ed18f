// The quarantine on a disk in memory, with a worker that runs in place, and a journal that the test plays.

#include "quarantine/keeper.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <format>

#include "base/limits.hpp"
#include "io/faulty_disk.hpp"
#include "io/memory_disk.hpp"
#include "model/gap.hpp"

namespace perigee::quarantine {
namespace {

constexpr timestamp noon{1'732'291'200'000'000'000};

/// Takes gap records as the journal does: each stamp once, in order.
class fake_journal final : public gap_port {
 public:
  result<log_offset> append(const model::record_view& r) override {
    if (full) return fail(errc::full, "the lane is at its bound");
    if (r.epoch == epoch_ && r.sequence <= newest_) return staged;
    epoch_ = r.epoch;
    newest_ = r.sequence;
    records.emplace_back(r);
    staged = staged.next();
    return staged;
  }
  log_offset committed(model::lane) const override { return commits ? staged : log_offset(); }
  std::uint64_t lost() const {
    std::uint64_t sum = 0;
    for (const auto& r : records) sum += model::decode_gap(r.payload)->count;
    return sum;
  }

  std::vector<model::record> records;
  log_offset staged;
  bool full = false;
  bool commits = true;

 private:
  perigee::epoch epoch_;
  perigee::sequence newest_;
};

class a_quarantine : public testing::Test {
 protected:
  a_quarantine() { reopen(); }

  /// Ends it as a crash of the process would, and opens it again.
  void reopen() {
    keeper_.reset();
    auto opened = keeper::open(disk_, worker_, {"data/quarantine", epoch(++drawn_), metrics_});
    ASSERT_TRUE(opened) << opened.error().text();
    keeper_ = *std::move(opened);
    keeper_->tell_gaps_to(journal_);
    keeper_->serve_retries("history", [this](const kept_record& what, keeper::outcome done) {
      tried_.push_back(what);
      done(retries_work_ ? result<>() : fail(errc::malformed, "still no number"));
    });
  }
  static model::record message(std::string_view payload) {
    model::record r;
    r.topic = "plant/press-4";
    r.source = "press-4";
    r.payload = to_buffer(as_bytes(payload));
    r.arrival = noon;
    return r;
  }
  keeper::ticket put(std::uint64_t offset, const model::record& r = message("?"), std::string_view reader = "history",
                     bool told = false) {
    return keeper_->set_aside({.reader = reader,
                               .origin = {"fog-1", epoch(5), log_offset(offset)},
                               .at = log_offset(offset),
                               .reason = "no number",
                               .record = r.view(),
                               .told = told},
                              noon);
  }
  result<> retry(std::uint64_t number) {
    const auto out = std::make_shared<result<>>(fail(errc::cancelled, "not answered"));  // the answer may come late
    keeper_->retry(number, noon, [out](result<> how) { *out = how; });
    return *out;
  }
  result<> drop(std::uint64_t number) {
    const auto out = std::make_shared<result<>>(fail(errc::cancelled, "not answered"));  // the answer may come late
    keeper_->drop(number, noon, [out](result<> how) { *out = how; });
    return *out;
  }
  result<kept_record> find(std::uint64_t number) {
    result<kept_record> out = fail(errc::cancelled, "not answered");
    keeper_->find(number, [&out](result<kept_record> found) { out = std::move(found); });
    return out;
  }
  std::vector<std::uint64_t> numbers() {
    std::vector<std::uint64_t> out;
    for (const auto& each : keeper_->list()) out.push_back(each.number);
    return out;
  }

  using list = std::vector<std::uint64_t>;
  io::memory_disk memory_;
  std::function<errc(io::faulty_disk::operation, const std::string&)> fault_;
  io::faulty_disk disk_{memory_, [this](auto op, const auto& path) { return fault_ ? fault_(op, path) : errc::ok; }};
  io::inline_worker worker_;
  metrics::registry metrics_;
  fake_journal journal_;
  std::vector<kept_record> tried_;
  bool retries_work_ = false;
  std::uint64_t drawn_ = 0;
  std::unique_ptr<keeper> keeper_;
};

TEST_F(a_quarantine, keeps_a_record_over_a_crash_as_it_came) {
  EXPECT_TRUE(keeper_->is_durable(put(17, message("\xff\x01 odd"))));
  reopen();
  ASSERT_EQ(numbers(), list{1});
  const auto found = find(1);
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(found->what.who, (identity{"history", "fog-1", epoch(5), model::lane::bulk, log_offset(17)}));
  EXPECT_EQ(found->what.reason, "no number");
  EXPECT_EQ(found->what.topic, "plant/press-4");
  EXPECT_EQ(found->what.set_aside, noon);
  EXPECT_EQ(found->what.payload_bytes, 6U);
  EXPECT_EQ(as_text(found->record.payload), "\xff\x01 odd");
  EXPECT_TRUE(is(find(2).error(), errc::not_found));
}

TEST_F(a_quarantine, keeps_the_same_record_once_for_each_reader) {
  put(17);
  put(17);
  reopen();
  put(17);
  put(17, message("?"), "rules");
  EXPECT_EQ(numbers(), (list{1, 2}));
}

TEST_F(a_quarantine, a_retry_that_does_not_work_leaves_it_with_the_new_reason) {
  put(17);
  EXPECT_STREQ(retry(1).error().what, "still no number");
  EXPECT_STREQ(retry(1).error().what, "still no number");
  ASSERT_EQ(tried_.size(), 2U);
  EXPECT_EQ(as_text(tried_[0].record.payload), "?");
  reopen();
  ASSERT_EQ(keeper_->size(), 1U);
  EXPECT_EQ(keeper_->list()[0].retries, 2U);
  EXPECT_EQ(keeper_->list()[0].reason, "still no number");
}

TEST_F(a_quarantine, a_retry_that_works_takes_it_out_and_no_gap_is_told) {
  put(17);
  retries_work_ = true;
  EXPECT_TRUE(retry(1));
  EXPECT_TRUE(is(retry(1).error(), errc::not_found));
  reopen();
  EXPECT_EQ(keeper_->size(), 0U);
  EXPECT_TRUE(journal_.records.empty());
}

TEST_F(a_quarantine, refuses_to_retry_what_nobody_can) {
  put(17, message("?"), "uplink");
  put(18, message(std::string(limits::quarantine_record_bytes_max, 'x')));
  EXPECT_TRUE(is(retry(1).error(), errc::unsupported));
  EXPECT_TRUE(is(retry(2).error(), errc::too_large));
  EXPECT_TRUE(is(retry(3).error(), errc::not_found));
  const auto shown = find(2);
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->what.payload_bytes, limits::quarantine_record_bytes_max);
  EXPECT_TRUE(shown->record.payload.empty());
}

TEST_F(a_quarantine, is_not_dropped_while_it_is_tried) {
  put(17);
  keeper::outcome answer;
  keeper_->serve_retries("history", [&](const kept_record&, keeper::outcome done) { answer = std::move(done); });
  keeper_->retry(1, noon, [](result<>) {});
  EXPECT_TRUE(is(drop(1).error(), errc::exists));
  EXPECT_TRUE(is(retry(1).error(), errc::exists));
  answer({});
  EXPECT_EQ(keeper_->size(), 0U);
}

TEST_F(a_quarantine, what_is_dropped_is_told_once_by_a_gap) {
  put(17);
  put(18);
  EXPECT_TRUE(drop(1));
  EXPECT_TRUE(is(drop(1).error(), errc::not_found));
  ASSERT_EQ(journal_.records.size(), 1U);
  const auto said = model::decode_gap(journal_.records[0].payload);
  ASSERT_TRUE(said);
  EXPECT_EQ(said->reason, model::gap_reason::quarantine);
  EXPECT_EQ(said->first, log_offset(17));
  EXPECT_EQ(said->last, log_offset(17));
  EXPECT_EQ(said->parts, (std::vector<model::gap_part>{{"plant/press-4", 1}}));
  reopen();
  keeper_->tick(noon);
  EXPECT_EQ(numbers(), list{2});
  EXPECT_EQ(journal_.records.size(), 1U);
}

TEST_F(a_quarantine, a_crash_before_the_gap_is_committed_tells_it_again_under_the_same_stamp) {
  put(17);
  journal_.commits = false;
  EXPECT_TRUE(drop(1));
  ASSERT_EQ(journal_.records.size(), 1U);
  reopen();
  keeper_->tick(noon);
  EXPECT_EQ(journal_.records.size(), 1U);  // a duplicate for the journal
  journal_.commits = true;
  keeper_->on_commit();
  put(18);
  EXPECT_TRUE(drop(2));
  EXPECT_EQ(journal_.lost(), 2U);
  EXPECT_EQ(journal_.records[0].epoch, journal_.records[1].epoch);
}

TEST_F(a_quarantine, a_full_journal_gets_one_gap_for_all_when_it_has_room) {
  journal_.full = true;
  for (std::uint64_t i = 1; i <= 10; ++i) {
    put(i * 100);
    EXPECT_TRUE(drop(i));
  }
  reopen();
  journal_.full = false;
  keeper_->tick(noon);
  ASSERT_EQ(journal_.records.size(), 1U);
  const auto said = model::decode_gap(journal_.records[0].payload);
  EXPECT_EQ(said->count, 10U);
  EXPECT_EQ(said->first, log_offset(100));
  EXPECT_EQ(said->last, log_offset(1000));
}

TEST_F(a_quarantine, what_a_gap_stands_for_already_is_dropped_without_another) {
  put(17, message("?"), "uplink", true);
  EXPECT_TRUE(drop(1));
  EXPECT_TRUE(journal_.records.empty());
  EXPECT_EQ(keeper_->size(), 0U);
}

TEST_F(a_quarantine, the_oldest_make_room_and_are_told) {
  for (std::uint64_t i = 0; i < limits::quarantine_records_max + 5; ++i) put(i);
  EXPECT_EQ(keeper_->size(), limits::quarantine_records_max);
  EXPECT_EQ(numbers().front(), 6U);
  EXPECT_EQ(journal_.lost(), 5U);
  reopen();
  EXPECT_EQ(numbers().front(), 6U);
  EXPECT_EQ(keeper_->size(), limits::quarantine_records_max);
}

TEST_F(a_quarantine, its_bytes_are_bounded_in_memory_and_in_the_file) {
  const auto large = message(std::string(limits::quarantine_record_bytes_max / 2, 'x'));
  const auto fit = limits::quarantine_bytes_max / (limits::quarantine_record_bytes_max / 2);
  for (std::uint64_t i = 0; i < 4ULL * fit; ++i) {
    const bool last_of_a_write = i % 32 == 31;
    fault_ = [last_of_a_write](auto, const auto&) { return last_of_a_write ? errc::ok : errc::no_space; };
    put(i, large);
    keeper_->tick(noon);
  }
  keeper_->tick(noon);
  EXPECT_LT(keeper_->size(), fit + 1U);
  EXPECT_EQ(journal_.lost(), 4ULL * fit - keeper_->size());
  EXPECT_LT(memory_.contents("data/quarantine")->size(), 2ULL * limits::quarantine_bytes_max + (2U << 20));
  const auto before = numbers();
  reopen();
  EXPECT_EQ(numbers(), before);
  EXPECT_EQ(find(before.back())->record.payload.size(), large.payload.size());
}

TEST_F(a_quarantine, a_rewritten_file_says_the_same) {
  const auto large = message(std::string(400'000, 'x'));
  put(1);
  (void)retry(1);
  journal_.full = true;
  put(2);
  EXPECT_TRUE(drop(2));
  for (std::uint64_t i = 3; i < 20; ++i) {
    put(i, large);
    EXPECT_TRUE(drop(i));
  }
  EXPECT_LT(memory_.contents("data/quarantine")->size(), 2'500'000U);
  EXPECT_EQ(as_text(find(1)->record.payload), "?");
  reopen();
  EXPECT_EQ(numbers(), list{1});
  EXPECT_EQ(keeper_->list()[0].retries, 1U);
  EXPECT_EQ(as_text(find(1)->record.payload), "?");
  journal_.full = false;
  keeper_->tick(noon);
  EXPECT_EQ(journal_.lost(), 18U);
  put(99);
  EXPECT_EQ(numbers(), (list{1, 20}));  // a number is never given twice
}

TEST_F(a_quarantine, what_the_disk_refuses_is_durable_when_it_was_written) {
  put(1);
  for (const auto broken : {io::faulty_disk::operation::write, io::faulty_disk::operation::sync}) {
    fault_ = [broken](auto op, const auto&) { return op == broken ? errc::no_space : errc::ok; };
    const auto refused = put(2 + static_cast<std::uint64_t>(broken));
    bool told = false;
    keeper_->when_durable(refused, [&told] { told = true; });
    keeper_->tick(noon);
    EXPECT_FALSE(keeper_->is_durable(refused));
    EXPECT_FALSE(told);
    fault_ = {};
    keeper_->tick(noon);
    EXPECT_TRUE(keeper_->is_durable(refused));
    EXPECT_TRUE(told);
  }
  reopen();
  EXPECT_EQ(keeper_->size(), 3U);
}

TEST_F(a_quarantine, a_reader_waits_while_the_disk_takes_nothing) {
  fault_ = [](auto op, const auto&) { return op == io::faulty_disk::operation::write ? errc::no_space : errc::ok; };
  std::uint64_t put_in = 0;
  while (keeper_->has_room() && put_in < 100) put(put_in++, message(std::string(100'000, 'x')));
  EXPECT_FALSE(keeper_->has_room());
  EXPECT_LT(put_in, 20U);
  fault_ = {};
  keeper_->tick(noon);
  EXPECT_TRUE(keeper_->has_room());
  reopen();
  EXPECT_EQ(keeper_->size(), put_in);
}

TEST_F(a_quarantine, a_rewrite_that_fails_at_any_step_loses_nothing) {
  using enum io::faulty_disk::operation;
  const auto large = message(std::string(600'000, 'x'));
  std::uint64_t n = 0;
  put(++n);
  for (const auto broken : {open, write, sync, rename, sync_folder, read}) {
    fault_ = [broken](auto op, const auto& path) {
      const bool at_rewrite = op == rename || op == sync_folder || path.ends_with(".new") || op == read;
      return op == broken && at_rewrite ? errc::io : errc::ok;
    };
    for (int i = 0; i < 5; ++i) {
      put(++n, large);
      keeper_->tick(noon);
      (void)drop(n);
      keeper_->tick(noon);
    }
    fault_ = {};
    keeper_->tick(noon);
    keeper_->tick(noon);
    EXPECT_EQ(as_text(find(1)->record.payload), "?") << static_cast<int>(broken);
    reopen();
    EXPECT_EQ(numbers().front(), 1U) << static_cast<int>(broken);
    keeper_->tick(noon);
    EXPECT_EQ(journal_.lost() + keeper_->size(), n) << static_cast<int>(broken);
  }
}

TEST_F(a_quarantine, a_power_cut_loses_nothing_that_was_durable) {
  prng random(7);
  std::set<std::uint64_t> durable;
  for (std::uint64_t i = 0; i < 200; ++i) {
    std::uint64_t steps = random.below(6);  // and then the power goes, amid whatever is under way
    fault_ = [&steps](auto, const auto&) { return steps-- == 0 ? errc::io : errc::ok; };
    if (keeper_->is_durable(put(i, message(std::string(random.below(3000), 'x'))))) durable.insert(i);
    keeper_.reset();
    fault_ = {};
    memory_.crash(random);
    reopen();
    std::set<std::uint64_t> here;
    for (const auto& each : keeper_->list()) here.insert(each.who.offset.value());
    ASSERT_TRUE(std::ranges::includes(here, durable)) << i;
    durable = here;
  }
}

TEST_F(a_quarantine, damage_costs_the_damaged_record_alone) {
  put(1);
  const auto one = memory_.contents("data/quarantine")->size();
  put(2);
  put(3);
  keeper_.reset();
  auto bytes = *memory_.contents("data/quarantine");
  bytes[one + 40] ^= 1;
  ASSERT_TRUE(memory_.overwrite("data/quarantine", bytes));
  reopen();
  EXPECT_EQ(numbers(), (list{1, 3}));
}

TEST_F(a_quarantine, a_file_of_something_else_is_put_aside) {
  put(1);
  keeper_.reset();
  auto bytes = *memory_.contents("data/quarantine");
  ASSERT_TRUE(memory_.overwrite("data/quarantine", as_bytes("something else")));
  reopen();
  EXPECT_EQ(keeper_->size(), 0U);
  EXPECT_TRUE(memory_.contents("data/quarantine.damaged"));
  keeper_.reset();
  ASSERT_TRUE(memory_.overwrite("data/quarantine", as_bytes("")));
  reopen();
  put(1);
  EXPECT_EQ(keeper_->size(), 1U);
}

}  // namespace
}  // namespace perigee::quarantine
