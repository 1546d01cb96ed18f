// Restarts, restored backups and emptied folders, at either end: nothing is lost, nothing comes twice.

#include "base/random.hpp"
#include "readers/uplink/pair_test.hpp"

namespace perigee::readers::uplink {
namespace {

TEST_F(uplink_pair, a_restart_is_no_fork_and_its_backlog_arrives_once) {
  fill("a", 25);
  connect();
  run();
  fill("b", 12);
  restart_child();
  fill("c", 12);
  restart_child();
  connect();
  EXPECT_FALSE(greeting_.forked());
  run();
  expect_once({{"a", 25}, {"b", 12}, {"c", 12}});
}

TEST_F(uplink_pair, batches_are_of_one_life_and_wait_for_that_before) {
  fill("a", 5);
  restart_child();
  fill("b", 25);
  connect();
  const auto first = next_batch();
  ASSERT_TRUE(first);
  EXPECT_EQ(model::peek_batch(first->payload)->last, log_offset(4));
  EXPECT_FALSE(next_batch()) << "the parent could not tell if the one before were missing";
  ASSERT_TRUE(deliver(*first));
  sender_->on_answer(first->token, true, now());
  const auto second = next_batch();
  ASSERT_TRUE(second);
  EXPECT_EQ(model::peek_batch(second->payload)->journal_epoch, child_.log->lives().current());
}

TEST_F(uplink_pair, a_restored_journal_goes_on_beside_what_it_sent_before) {
  fill("a", 25);
  connect();
  run();
  const auto backup = child_.back_up();
  fill("b", 15);
  run();
  restart_child();
  fill("c", 5);
  connect();
  run();
  restart_child(&backup);
  fill("d", 30);
  connect();
  EXPECT_TRUE(greeting_.forked());
  EXPECT_EQ(greeting_.lanes[2].next, log_offset(25));
  run();
  expect_once({{"a", 25}, {"b", 15}, {"c", 5}, {"d", 30}});
  EXPECT_EQ(sender_->state(now(), clock::wall()).forks, 1U);
  EXPECT_EQ(alarms_at(child_), 1U);
  EXPECT_EQ(alarms_at(parent_), 1U) << "the child's own, come up";
  restart_child();
  fill("e", 3);
  connect();
  EXPECT_FALSE(greeting_.forked()) << "it is this copy that goes on";
  run();
  expect_once({{"a", 25}, {"b", 15}, {"c", 5}, {"d", 30}, {"e", 3}});
}

TEST_F(uplink_pair, a_backup_of_the_moment_of_opening_is_told_by_lives_it_does_not_know) {
  fill("a", 25);
  connect();
  run();
  restart_child();
  const auto backup = child_.back_up();
  fill("b", 10);
  connect();
  run();
  restart_child(&backup);
  fill("c", 10);
  connect();
  EXPECT_TRUE(greeting_.forked());
  run();
  expect_once({{"a", 25}, {"b", 10}, {"c", 10}});
}

TEST_F(uplink_pair, what_a_backup_had_not_sent_yet_is_not_sent_again) {
  fill("a", 25);
  const auto backup = child_.back_up();  // the parent had none of it
  connect();
  run();
  restart_child(&backup);
  fill("b", 5);
  connect();
  EXPECT_FALSE(greeting_.forked()) << "the parent has nothing that is not here";
  run();
  expect_once({{"a", 25}, {"b", 5}});
}

TEST_F(uplink_pair, copies_that_take_turns_lose_and_double_nothing) {
  fill("a", 12);
  connect();
  run();
  const auto backup = child_.back_up();
  fill("b", 12);
  run();
  const auto original = child_.back_up();
  restart_child(&backup);
  fill("c", 12);
  connect();
  run();
  restart_child(&original);
  fill("d", 12);
  connect();
  EXPECT_TRUE(greeting_.forked());
  run();
  expect_once({{"a", 12}, {"b", 12}, {"c", 12}, {"d", 12}});
}

TEST_F(uplink_pair, an_emptied_journal_starts_anew_and_says_so) {
  fill("a", 25);
  connect();
  run();
  const node_journal::backup nothing;
  restart_child(&nothing);
  fill("b", 5);
  connect();
  EXPECT_TRUE(greeting_.lanes[2].no_common);
  run();
  expect_once({{"a", 25}, {"b", 5}});
  EXPECT_EQ(sender_->state(now(), clock::wall()).forks, 1U);
}

TEST_F(uplink_pair, lives_that_the_parent_has_forgotten_go_on_from_the_childs_cursor) {
  fill("a", 5);
  connect();
  run();
  const auto backup = child_.back_up();
  for (std::uint32_t i = 0; i <= limits::journal_epochs_max; ++i) {
    restart_child();
    fill(std::format("b{}-", i), 1);
    connect();
    run();
  }
  restart_child(&backup);
  fill("c", 5);
  connect();
  EXPECT_TRUE(greeting_.lanes[2].no_common);
  run();
  EXPECT_EQ(arrived()["a0"], 1);
  EXPECT_EQ(arrived()["c4"], 1);
  EXPECT_EQ(arrived().size(), 10U + limits::journal_epochs_max + 1);
}

TEST_F(uplink_pair, an_emptied_parent_gets_all_that_is_still_here) {
  fill("a", 25);
  connect();
  run();
  sender_->on_disconnected();
  parent_.restore({});
  fill("b", 5);
  connect();
  EXPECT_FALSE(greeting_.forked());
  EXPECT_EQ(sender_->state(now(), clock::wall()).records_waiting, 30U);
  run();
  expect_once({{"a", 25}, {"b", 5}});
}

TEST_F(uplink_pair, a_restored_parent_gets_what_came_after_its_backup) {
  fill("a", 25);
  connect();
  run();
  const auto backup = parent_.back_up();
  restart_child();
  fill("b", 5);
  connect();
  run();
  sender_->on_disconnected();
  parent_.restore(backup);
  connect();
  EXPECT_FALSE(greeting_.forked());
  run();
  expect_once({{"a", 25}, {"b", 5}});
}

/// Draws what happens to a child: records, restarts, lost acknowledgements, backups and their return.
class any_history : public uplink_pair, public testing::WithParamInterface<std::uint64_t> {
 protected:
  void anything() {
    switch (random_.below(7)) {
      case 0: return restart();
      case 1: return backups_.push_back(child_.back_up());
      case 2: return backups_.empty() ? restart() : restart(&backups_[random_.below(backups_.size())]);
      case 3: return deliver_some();
      default: return fill(std::format("{}-", made_++), static_cast<int>(random_.below(25)));
    }
  }
  void restart(const node_journal::backup* from = nullptr) {
    if (random_.chance(0.7)) finish();
    restart_child(from);
  }
  /// Batches arrive; some acknowledgements are lost with the connection.
  void deliver_some() {
    connect_checked();
    for (auto left = random_.below(8); left > 0; --left) {
      const auto out = next_batch();
      if (!out) break;
      const auto taken = deliver(*out);
      if (random_.chance(0.7)) sender_->on_answer(out->token, taken.has_value(), now());
      if (random_.chance(0.1)) break;
      pass(options_.linger);
    }
    sender_->on_disconnected();
  }
  void finish() {
    connect_checked();
    run();
    sender_->on_disconnected();
  }
  void connect_checked() {
    connect();
    pass(1s);
    for (const auto& each : greeting_.lanes) forgotten_ = forgotten_ || each.no_common;
  }

  prng random_{GetParam()};
  std::vector<node_journal::backup> backups_;
  int made_ = 0;
  bool forgotten_ = false;
};

TEST_P(any_history, leaves_what_is_here_at_the_parent_once) {
  for (int step = 0; step < 40; ++step) anything();
  finish();
  const auto there = arrived();
  const auto held = child_.messages(lane::bulk);
  for (const auto& each : held) {
    const auto payload = each.substr(each.rfind(' ') + 1);
    EXPECT_TRUE(there.contains(payload)) << payload << " never arrived";
  }
  if (forgotten_) return;  // the parent knew none of the lives of a copy that was so old: docs/formats/uplink.md
  for (const auto& [payload, times] : there) EXPECT_EQ(times, 1) << payload;
}

INSTANTIATE_TEST_SUITE_P(seeds, any_history, testing::Range<std::uint64_t>(1, 41));

}  // namespace
}  // namespace perigee::readers::uplink
