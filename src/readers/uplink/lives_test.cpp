// Restarts, restored backups and emptied folders, at either end: nothing is lost, nothing comes twice.

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

}  // namespace
}  // namespace perigee::readers::uplink
