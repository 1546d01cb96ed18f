#include "io/faulty_disk.hpp"
#include "readers/uplink/pair_test.hpp"

namespace perigee::readers::uplink {
namespace {

TEST_F(uplink_pair, everything_arrives_once_and_in_order) {
  fill(95);
  connect();
  run();
  EXPECT_EQ(parent_.messages(lane::bulk), child_.messages(lane::bulk));
  EXPECT_EQ(parent_.messages(lane::bulk).size(), 95U);
  const auto link = sender_->state(now(), clock::wall());
  EXPECT_TRUE(link.connected);
  EXPECT_EQ(link.records_waiting, 0U);
  EXPECT_EQ(link.records_sent, 95U);
}

TEST_F(uplink_pair, bulk_waits_for_company_and_alarms_do_not) {
  connect();
  pass(1s);
  child_.put(lane::bulk, "t", "1");
  child_.put(lane::alarm, "a", "fire");
  const auto first = sender_->next(now());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->topic, "$perigee/uplink/edge/alarm");
  EXPECT_FALSE(sender_->next(now()));
  EXPECT_EQ(sender_->wake_at(now()), now() + options_.linger);
  pass(options_.linger);
  const auto second = sender_->next(now());
  ASSERT_TRUE(second);
  EXPECT_EQ(second->topic, "$perigee/uplink/edge/bulk");
}

TEST_F(uplink_pair, what_a_full_batch_leaves_behind_waits_no_second_time) {
  fill(25);
  connect();
  for (int batch = 0; batch < 3; ++batch) EXPECT_TRUE(next_batch()) << batch;
}

TEST_F(uplink_pair, no_more_is_in_flight_than_allowed) {
  fill(95);
  connect();
  std::vector<outgoing> sent;
  while (auto out = next_batch()) sent.push_back(std::move(*out));
  EXPECT_EQ(sent.size(), 3U);
}

TEST_F(uplink_pair, what_was_in_flight_at_a_disconnect_comes_again_and_changes_nothing) {
  fill(25);
  connect();
  const auto first = next_batch();
  const auto second = next_batch();
  ASSERT_TRUE(first && second);
  ASSERT_TRUE(deliver(*first));  // stored, but the acknowledgement is lost with the connection
  sender_->on_disconnected();
  EXPECT_FALSE(sender_->state(now(), clock::wall()).connected);
  connect();
  run();
  EXPECT_EQ(parent_.messages(lane::bulk), child_.messages(lane::bulk));
  const auto again = deliver(*first);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->is_new);
  EXPECT_EQ(parent_.messages(lane::bulk).size(), 25U);
}

TEST_F(uplink_pair, a_hole_and_an_overlap_are_refused) {
  fill(35);
  connect();
  const auto first = next_batch();
  const auto second = next_batch();
  const auto third = next_batch();
  ASSERT_TRUE(first && second && third);
  ASSERT_TRUE(deliver(*first));
  EXPECT_TRUE(is(deliver(*third).error(), errc::out_of_order));
  ASSERT_TRUE(deliver(*second));
}

TEST_F(uplink_pair, a_refusal_starts_over_after_a_pause) {
  fill(25);
  connect();
  const auto first = next_batch();
  ASSERT_TRUE(first);
  sender_->on_answer(first->token, false, now());
  EXPECT_FALSE(next_batch());
  pass(sender_->wake_at(now()) - now());
  const auto hello_again = sender_->next(now());
  ASSERT_TRUE(hello_again);
  EXPECT_EQ(hello_again->topic, "$perigee/uplink/edge/hello");
  const auto greeting = receiver().greet("edge", hello{child_.log->lives()});
  ASSERT_TRUE(sender_->on_welcome(encode(greeting), now(), clock::wall()));
  run();
  EXPECT_EQ(parent_.messages(lane::bulk), child_.messages(lane::bulk));
}

TEST_F(uplink_pair, silence_after_a_batch_is_a_stall) {
  fill(25);
  connect();
  ASSERT_TRUE(next_batch());
  EXPECT_FALSE(sender_->stalled(now()));
  pass(6s);
  EXPECT_TRUE(sender_->stalled(now()));
}

TEST_F(uplink_pair, a_parent_that_has_more_than_the_child_ever_wrote_is_refused) {
  sender_->on_connected();
  ASSERT_TRUE(sender_->next(now()));
  welcome ahead{child_.log->lives().current(), {}};
  ahead.lanes[2].next = log_offset(7);
  EXPECT_TRUE(is(sender_->on_welcome(encode(ahead), now(), clock::wall()).error(), errc::out_of_order));
  fill(3);
  EXPECT_FALSE(next_batch());
}

TEST_F(uplink_pair, a_batch_in_another_nodes_name_is_refused) {
  fill(5);
  connect();
  pass(1s);
  const auto out = next_batch();
  ASSERT_TRUE(out);
  EXPECT_TRUE(is(receiver().offer("mallory", lane::bulk, out->payload, clock::wall()).error(), errc::refused));
  EXPECT_TRUE(is(receiver().offer("edge", lane::alarm, out->payload, clock::wall()).error(), errc::refused));
  EXPECT_FALSE(receiver().offer("edge", lane::bulk, as_bytes("rubbish"), clock::wall()));
}

TEST_F(uplink_pair, a_backlog_sends_the_newest_values_first) {
  for (int i = 0; i < 100; ++i) child_.put(lane::bulk, i % 2 == 0 ? "even" : "odd", std::format("{}", i));
  connect();
  const auto first = sender_->next(now());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->topic, "$perigee/uplink/edge/newest");
  EXPECT_EQ(first->qos, 0);
  std::vector<std::string> newest;
  model::batch_decoder decoder;
  ASSERT_TRUE(decoder.decode(first->payload, [&](log_offset, const model::record_view& r) {
    newest.push_back(std::string(r.topic) + " " + std::string(as_text(r.payload)));
  }));
  EXPECT_EQ(newest, (std::vector<std::string>{"even 98", "odd 99"}));
}

TEST_F(uplink_pair, the_newest_values_are_the_newest_however_large_records_are) {
  const std::string filler(2000, 'x');
  for (int i = 0; i < 500; ++i) child_.put(lane::bulk, "t", std::format("{}{}", i, filler));
  connect();
  const auto first = sender_->next(now());
  ASSERT_TRUE(first);
  ASSERT_EQ(first->qos, 0);
  model::batch_decoder decoder;
  ASSERT_TRUE(decoder.decode(first->payload, [&](log_offset at, const model::record_view& r) {
    EXPECT_EQ(at, log_offset(499));
    EXPECT_TRUE(as_text(r.payload).starts_with("499x"));
  }));
}

TEST_F(uplink_pair, a_record_that_no_batch_can_carry_leaves_a_gap_and_the_rest_goes_up) {
  child_.put(lane::bulk, "t", "before");
  child_.put(lane::bulk, "t", std::string(limits::batch_record_bytes_max, 'x'));
  child_.put(lane::bulk, "t", "after");
  connect();
  run();
  const auto arrived = parent_.messages(lane::bulk);
  ASSERT_EQ(arrived.size(), 3U);
  EXPECT_EQ(arrived.front(), "edge/0 t before");
  EXPECT_EQ(arrived.back(), "edge/2 t after");
  EXPECT_TRUE(arrived[1].starts_with("edge/1  "));  // a gap has no topic of its own
}

TEST_F(uplink_pair, such_a_record_is_in_quarantine_before_its_gap_goes_up) {
  using io::faulty_disk;
  io::memory_disk memory;
  bool disk_works = true;
  faulty_disk disk(memory, [&](faulty_disk::operation op, const std::string&) {
    return disk_works || op != faulty_disk::operation::sync ? errc::ok : errc::io;
  });
  auto aside =
      std::move(quarantine::keeper::open(disk, child_.worker, {"q/records", epoch(1), child_.metrics}).value());
  disk_works = false;
  options_.aside = aside.get();
  sender_.reset();
  sender_ = std::move(sender::open(*child_.log, options_).value());
  child_.put(lane::bulk, "t", "before");
  child_.put(lane::bulk, "t", std::string(limits::batch_record_bytes_max, 'x'));
  child_.put(lane::bulk, "t", "after");
  connect();
  run();
  EXPECT_EQ(parent_.messages(lane::bulk).size(), 1U);
  disk_works = true;
  aside->tick(clock::wall());
  run();
  EXPECT_EQ(parent_.messages(lane::bulk).size(), 3U);
  ASSERT_EQ(aside->list().size(), 1U);
  EXPECT_TRUE(aside->list()[0].told);
  EXPECT_EQ(aside->list()[0].at, log_offset(1));
  sender_.reset();
}

TEST_F(uplink_pair, a_budget_holds_bulk_back_and_lets_alarms_through) {
  options_.budget_per_hour_bytes = 200;
  restart_child();
  for (int i = 0; i < 200; ++i) child_.put(lane::bulk, "t", std::format("{:x}", i * 7919));
  connect();
  run();
  const auto early = parent_.messages(lane::bulk).size();
  EXPECT_GT(early, 0U);
  EXPECT_LT(early, 200U);
  child_.put(lane::alarm, "a", "fire");
  run();
  EXPECT_EQ(parent_.messages(lane::alarm).size(), 1U);
  for (int hour = 0; hour < 24; ++hour) {
    pass(1h);
    run();
  }
  EXPECT_EQ(parent_.messages(lane::bulk).size(), 200U);
}

TEST_F(uplink_pair, an_alarm_is_not_held_back_by_a_full_window_of_bulk) {
  fill(95);
  connect();
  while (next_batch()) {
  }
  child_.put(lane::alarm, "a", "fire");
  child_.put(lane::event, "e", "door");
  EXPECT_EQ(next_batch()->topic, "$perigee/uplink/edge/alarm");
  EXPECT_EQ(next_batch()->topic, "$perigee/uplink/edge/event");
  EXPECT_FALSE(next_batch());
}

TEST_F(uplink_pair, bulk_goes_in_smaller_batches_where_alarms_come) {
  options_.batch_records = 100;
  options_.in_flight = 8;
  restart_child();
  fill(250);
  connect();
  const auto records = [&] {
    const auto out = next_batch();
    return out ? model::peek_batch(out->payload)->records : 0U;
  };
  EXPECT_EQ(records(), 100U);
  child_.put(lane::alarm, "a", "fire");
  EXPECT_EQ(records(), 1U);
  EXPECT_EQ(records(), 25U);
  pass(1s);
  EXPECT_EQ(records(), 100U);
}

TEST_F(uplink_pair, releases_stay_at_home_and_hold_nothing_up) {
  connect();
  fill(1);
  run();
  model::record_view release;
  release.kind = model::record_kind::release;
  release.delivery = 7;
  ASSERT_TRUE(child_.log->append(release));
  run();
  EXPECT_EQ(sender_->state(now(), clock::wall()).records_waiting, 0U);
  fill("later", 1);
  run();
  expect_once({{"", 1}, {"later", 1}});
  EXPECT_EQ(sender_->state(now(), clock::wall()).records_waiting, 0U);
}

TEST(uplink_protocol, topics_are_taken_apart) {
  EXPECT_EQ(parse_up_topic("$perigee/uplink/a/b/alarm")->node, "a/b");
  EXPECT_EQ(parse_up_topic(lane_topic("n", lane::event))->lane, lane::event);
  EXPECT_EQ(parse_up_topic(newest_topic("n"))->subject, subject::newest);
  EXPECT_FALSE(parse_up_topic("$perigee/uplink/n/else"));
  EXPECT_FALSE(parse_up_topic("$perigee/uplink//hello"));
  EXPECT_FALSE(parse_up_topic("$perigee/uplink/hello"));
}

TEST(uplink_protocol, hello_and_welcome_survive_the_wire_and_rubbish_does_not) {
  const node_journal node("n", 7);
  const auto h = decode_hello(encode(hello{node.log->lives(), "1.2.3", "fog"}));
  ASSERT_TRUE(h);
  EXPECT_EQ(h->lives, node.log->lives());
  EXPECT_EQ(h->version, "1.2.3");
  EXPECT_EQ(h->tier, "fog");
  for (const auto& label :
       {std::string(limits::node_label_bytes_max + 1, 'v'), std::string("a\nb"), std::string("\xff")}) {
    EXPECT_TRUE(is(decode_hello(encode(hello{node.log->lives(), label, ""})).error(), errc::malformed)) << label;
    EXPECT_TRUE(is(decode_hello(encode(hello{node.log->lives(), "", label})).error(), errc::malformed)) << label;
  }
  const welcome w{epoch(5), {{{log_offset(1), true, false}, {log_offset(2), true, true}, {log_offset(300)}}}};
  auto bytes = encode(w);
  bytes.push_back(9);  // a newer version's addition is passed over
  EXPECT_EQ(decode_welcome(bytes)->lanes, w.lanes);
  EXPECT_TRUE(is(decode_hello({}).error(), errc::malformed));
  EXPECT_TRUE(is(decode_welcome(byte_view(bytes).first(9)).error(), errc::malformed));
  bytes[0] = 2;
  EXPECT_TRUE(is(decode_welcome(bytes).error(), errc::unsupported));
}

}  // namespace
}  // namespace perigee::readers::uplink
