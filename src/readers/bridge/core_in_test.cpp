// What comes in by a bridge, and what it does with a link that is not well.

#include "readers/bridge/bridge_test.hpp"

namespace perigee::readers::bridge {
namespace {

TEST_F(a_bridge, sends_nothing_back_and_nothing_round_in_circles) {
  open({{.filter = "#", .direction = direction::both}});
  connect();
  (void)sent();
  receive("x", "theirs");
  EXPECT_EQ(stored(), lines{"x=theirs bridge/hub"});
  byte_buffer marked;
  mqtt::property_writer(marked).user(left_property, "fog-1");
  model::record_view round;
  round.properties = marked;
  put("y", "ours, over another bridge", round);
  receive("y", "ours, from there", {.properties = marked});
  EXPECT_EQ(sent(), lines{});
  EXPECT_EQ(stored().size(), 2U);
}

TEST_F(a_bridge, marks_what_comes_in_so_that_two_that_ask_each_other_do_not_go_on_for_ever) {
  open({{.filter = "#", .direction = direction::in}});
  connect();
  receive("x", "1");
  byte_buffer stored_properties;
  journal::reader reader((*log_)[lane::bulk]);
  ASSERT_TRUE(
      reader.read(1, [&](log_offset, const model::record_view& r) { stored_properties = to_buffer(r.properties); }));
  EXPECT_TRUE(has_entered(stored_properties, "fog-1"));
  EXPECT_FALSE(has_left(stored_properties, "fog-1")) << "another bridge may send it on";
  receive("x", "1", {.properties = stored_properties});
  EXPECT_EQ(stored().size(), 1U);
}

TEST_F(a_bridge, takes_nothing_back_to_the_node_it_came_from) {
  open({{.filter = "#", .direction = direction::both}});
  byte_buffer named;
  mqtt::property_writer(named).user(mqtt::node_property, "west");
  connect(false, named);
  (void)sent();
  model::record_view by_its_own_bridge;
  byte_buffer from_west;
  mqtt::property_writer(from_west).user(left_property, "west");
  by_its_own_bridge.properties = from_west;
  put("x", "west's", by_its_own_bridge);
  model::record_view by_another;
  byte_buffer from_north;
  mqtt::property_writer(from_north).user(left_property, "north");
  by_another.properties = from_north;
  put("x", "north's", by_another);
  EXPECT_EQ(sent(), lines{"x=north's q1 #32001"});
}

TEST_F(a_bridge, marks_whom_it_came_from) {
  open({{.filter = "#", .direction = direction::in}});
  byte_buffer named;
  mqtt::property_writer(named).user(mqtt::node_property, "west");
  connect(false, named);
  receive("x", "1");
  byte_buffer stored_properties;
  journal::reader reader((*log_)[lane::bulk]);
  ASSERT_TRUE(
      reader.read(1, [&](log_offset, const model::record_view& r) { stored_properties = to_buffer(r.properties); }));
  EXPECT_TRUE(has_left(stored_properties, "west")) << "a bridge of west's that asks us leaves it";
}

TEST_F(a_bridge, subscribes_and_acknowledges_what_is_durable) {
  open({{.filter = "down/#", .direction = direction::in, .local_prefix = "hub/"}});
  connect();
  EXPECT_EQ(sent(), lines{"subscribe down/# q1 no-local"});
  far_.grant(65'535);
  worker_.waits = true;
  receive("down/a", "1", {.packet_id = 4, .qos = qos::at_least_once, .retain = true});
  EXPECT_EQ(sent(), lines{}) << "P1";
  worker_.run();
  EXPECT_EQ(sent(), lines{"puback #4"});
  EXPECT_EQ(stored(), lines{"hub/down/a=1 bridge/hub retain"});
}

TEST_F(a_bridge, subscribes_again_only_where_the_session_is_lost) {
  open(everything_in);
  connect();
  (void)sent();
  far_.grant(65'535);
  pass(2s);
  save();
  far_.drop(*core_);
  crash();
  connect(true);
  EXPECT_EQ(sent(), lines{});
  far_.drop(*core_);
  connect(false);
  EXPECT_EQ(sent(), lines{"subscribe down/# q2 no-local"});
  far_.grant(65'535);
  pass(2s);
  save();
  far_.drop(*core_);
  core_.reset();
  rules_ = {{.filter = "other/#", .direction = direction::in}};
  crash();
  connect(true);
  EXPECT_EQ(sent(), (lines{"subscribe other/# q1 no-local", "unsubscribe"}));
}

TEST_F(a_bridge, stores_qos_2_once_over_a_kill) {
  open(everything_in);
  connect();
  (void)sent();
  far_.grant(65'535);
  pass(2s);
  save();
  receive("down/a", "1", {.packet_id = 7, .qos = qos::exactly_once});
  EXPECT_EQ(sent(), lines{"pubrec #7"});
  far_.drop(*core_);
  crash();
  connect(true);
  receive("down/a", "1", {.packet_id = 7, .qos = qos::exactly_once, .duplicate = true});
  EXPECT_EQ(sent(), lines{"pubrec #7"});
  EXPECT_EQ(stored().size(), 1U);
  far_.answer(packet_type::pubrel, 7);
  EXPECT_EQ(sent(), lines{"pubcomp #7"});
  far_.drop(*core_);
  crash();
  connect(true);
  receive("down/a", "2", {.packet_id = 7, .qos = qos::exactly_once});
  EXPECT_EQ(sent(), lines{"pubrec #7"});
  EXPECT_EQ(stored(), (lines{"down/a=1 bridge/hub", "down/a=2 bridge/hub"})) << "the identifier was free again";
}

TEST_F(a_bridge, completes_when_the_release_is_durable) {
  open(everything_in);
  connect();
  receive("down/a", "1", {.packet_id = 7, .qos = qos::exactly_once});
  (void)sent();
  worker_.waits = true;
  far_.answer(packet_type::pubrel, 7);
  EXPECT_EQ(sent(), lines{});
  worker_.run();
  EXPECT_EQ(sent(), lines{"pubcomp #7"});
}

TEST_F(a_bridge, a_lost_session_leaves_no_receipts) {
  open(everything_in);
  connect();
  receive("down/a", "1", {.packet_id = 7, .qos = qos::exactly_once});
  (void)sent();
  far_.drop(*core_);
  connect(false);
  crash();
  connect(true);
  receive("down/b", "2", {.packet_id = 7, .qos = qos::exactly_once});
  EXPECT_EQ(stored().size(), 2U) << "another message of another session";
}

TEST_F(a_bridge, slows_the_other_broker_down_while_the_journal_is_full_and_loses_nothing) {
  open({{.filter = "down/#", .direction = direction::in}, {.filter = "up/#"}});
  connect();
  (void)sent();
  worker_.waits = true;
  const std::string large(1U << 20, 'x');
  std::uint16_t id = 0;
  while (!far_.connection()->paused()) {
    ASSERT_LT(++id, 100);
    receive("down/a", large, {.packet_id = id, .qos = qos::at_least_once});
  }
  while (!worker_.held.empty()) worker_.run();
  core_->tick();
  receive("down/a", large, {.packet_id = id, .qos = qos::at_least_once});
  worker_.run();
  EXPECT_EQ(sent().size(), id);
  EXPECT_EQ(stored().size(), id);
}

TEST_F(a_bridge, a_journal_that_stays_full_does_not_keep_what_goes_out_from_going) {
  open({{.filter = "down/#", .direction = direction::in}, {.filter = "up/#"}});
  put("up/a", "1");
  connect();
  (void)sent();
  worker_.waits = true;
  const std::string large(1U << 20, 'x');
  std::uint16_t id = 0;
  while (!far_.connection()->paused()) receive("down/a", large, {.packet_id = ++id, .qos = qos::at_least_once});
  pass(2s);
  core_->tick();
  receive("down/a", large, {.packet_id = id, .qos = qos::at_least_once});
  EXPECT_FALSE(far_.connection()->paused());
  far_.answer(packet_type::puback, 32'001);
  EXPECT_EQ(core_->state().records_sent, 1U);
  pass(6s);
  core_->tick();
  EXPECT_TRUE(far_.hung_up) << "what was not taken comes again over the next connection";
}

TEST_F(a_bridge, breaks_off_a_link_that_swallows_what_it_is_given) {
  open(everything_out);
  put("a", "1");
  connect();
  (void)sent();
  pass(29s);
  core_->tick();
  EXPECT_FALSE(far_.hung_up);
  pass(2s);
  core_->tick();
  EXPECT_TRUE(far_.hung_up);
}

TEST_F(a_bridge, speaks_3_1_1) {
  far_.version = protocol_version::v3_1_1;
  open({{.filter = "up/#"}, {.filter = "down/#", .direction = direction::in}});
  put("up/a", "1");
  far_.connect(*core_, false);
  EXPECT_TRUE(far_.connection()->closed()) << "a session that begins clean is not kept: 3.1.1 3.1.2.4";
  EXPECT_FALSE(core_->wants_clean_start());
  far_.drop(*core_);
  connect();
  EXPECT_EQ(sent(), (lines{"subscribe down/# q1", "up/a=1 q1 #32001"}));
}

TEST_F(a_bridge, a_damaged_state_starts_anew_from_the_cursors) {
  open(everything_out);
  for (const auto* payload : {"1", "2"}) put("a", payload);
  connect();
  (void)sent();
  far_.answer(packet_type::puback, 32'001);
  pass(2s);
  save();
  far_.drop(*core_);
  log_->tick(clock::wall());
  saved_[3] ^= 1;
  crash();
  EXPECT_TRUE(core_->wants_clean_start());
  connect();
  EXPECT_EQ(sent(), lines{"a=2 q1 #32001"});
}

}  // namespace
}  // namespace perigee::readers::bridge
