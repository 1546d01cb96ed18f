// What goes out by a bridge.

#include "readers/bridge/bridge_test.hpp"

namespace perigee::readers::bridge {
namespace {

TEST_F(a_bridge, sends_alarms_first_and_moves_on_when_they_are_acknowledged) {
  open({{.filter = "#", .remote_prefix = "site/"}});
  put("a", "1");
  put("alarm/x", "2");
  connect();
  EXPECT_EQ(sent(), (lines{"site/alarm/x=2 q1 #1", "site/a=1 q1 #32001"}));
  EXPECT_EQ(core_->state().records_waiting, 2U);
  far_.answer(packet_type::puback, 32'001);
  EXPECT_EQ(core_->state().records_waiting, 1U);
  far_.answer(packet_type::puback, 1);
  EXPECT_EQ(core_->state().records_waiting, 0U);
  EXPECT_EQ(core_->state().records_sent, 2U);
}

TEST_F(a_bridge, sends_again_over_the_next_connection_what_was_not_acknowledged) {
  open(everything_out);
  for (const auto* payload : {"1", "2", "3"}) put("a", payload);
  connect();
  EXPECT_EQ(sent().size(), 3U);
  far_.answer(packet_type::puback, 32'001);
  far_.drop(*core_);
  put("a", "4");
  connect(true);
  EXPECT_EQ(sent(), (lines{"a=2 q1 #32002 dup", "a=3 q1 #32003 dup", "a=4 q1 #32004"}))
      << "MQTT5 4.4: under their old identifiers";
}

TEST_F(a_bridge, goes_on_after_a_kill_where_its_state_was_saved) {
  open(everything_out);
  for (const auto* payload : {"1", "2", "3"}) put("a", payload);
  connect();
  (void)sent();
  far_.answer(packet_type::puback, 32'001);
  pass(2s);
  save();
  far_.answer(packet_type::puback, 32'002);
  far_.drop(*core_);
  crash();
  EXPECT_FALSE(core_->wants_clean_start());
  connect(true);
  EXPECT_EQ(sent(), (lines{"a=2 q1 #32002 dup", "a=3 q1 #32003 dup"})) << "at least once: 2 was not written down";
}

TEST_F(a_bridge, moves_no_cursor_past_what_is_not_saved) {
  open(everything_out);
  put("a", "1");
  connect();
  (void)sent();
  far_.answer(packet_type::puback, 32'001);
  log_->tick(clock::wall());
  core_.reset();
  EXPECT_EQ(log_->open_cursor("bridge.hub", lane::bulk, true).value()->position(), log_offset(0));
}

TEST_F(a_bridge, gives_what_it_releases_again_after_a_kill_its_time_to_be_answered) {
  open(everything_out_once);
  put("a", "1");
  connect();
  (void)sent();
  far_.answer(packet_type::pubrec, 32'001);
  (void)sent();
  save();
  far_.drop(*core_);
  crash();
  pass(1h);
  connect(true);
  EXPECT_EQ(sent(), lines{"pubrel #32001"});
  pass(29s);
  core_->tick();
  EXPECT_FALSE(far_.hung_up);
  pass(2s);
  core_->tick();
  EXPECT_TRUE(far_.hung_up);
}

TEST_F(a_bridge, releases_qos_2_only_when_it_is_written_down) {
  open(everything_out_once);
  put("a", "1");
  connect();
  EXPECT_EQ(sent(), lines{"a=1 q2 #32001"});
  far_.answer(packet_type::pubrec, 32'001);
  EXPECT_EQ(sent(), lines{});
  save();
  EXPECT_EQ(sent(), lines{"pubrel #32001"});
  EXPECT_EQ(core_->state().records_waiting, 1U);
  far_.answer(packet_type::pubcomp, 32'001);
  EXPECT_EQ(core_->state().records_waiting, 0U);
}

/// Whatever the moment of the kill, the other broker hears PUBREL for what it has, or the same PUBLISH again.
TEST_F(a_bridge, sends_qos_2_once_over_a_kill) {
  open(everything_out_once);
  for (const auto* payload : {"1", "2", "3"}) put("a", payload);
  connect();
  (void)sent();
  far_.answer(packet_type::pubrec, 32'001);
  save();
  far_.answer(packet_type::pubrec, 32'002);
  far_.drop(*core_);
  crash();
  connect(true);
  EXPECT_EQ(sent(), (lines{"pubrel #32001", "a=2 q2 #32002 dup", "a=3 q2 #32003 dup"}));
  far_.answer(packet_type::pubcomp, 32'001, reason::packet_identifier_not_found);
  far_.answer(packet_type::pubrec, 32'002);
  far_.answer(packet_type::pubrec, 32'003);
  save();
  EXPECT_EQ(sent(), (lines{"pubrel #32002", "pubrel #32003"}));
  far_.answer(packet_type::pubcomp, 32'002);
  far_.answer(packet_type::pubcomp, 32'003);
  EXPECT_EQ(core_->state().records_waiting, 0U);
}

TEST_F(a_bridge, a_broker_that_lost_the_session_gets_all_again_once_that_is_written_down) {
  open(everything_out_once);
  put("a", "1");
  connect();
  (void)sent();
  far_.answer(packet_type::pubrec, 32'001);
  save();
  far_.drop(*core_);
  far_.connect(*core_, false);
  EXPECT_EQ(sent(), lines{}) << "a kill now would leave a state that says the broker has it";
  save();
  EXPECT_EQ(sent(), lines{"a=1 q2 #32001"});
}

TEST_F(a_bridge, other_rules_let_go_of_what_the_old_ones_numbered) {
  open(everything_out_once);
  for (const auto* payload : {"1", "2"}) put("a", payload);
  connect();
  (void)sent();
  far_.answer(packet_type::pubrec, 32'001);
  save();
  far_.drop(*core_);
  core_.reset();
  rules_ = {{.filter = "a", .qos = qos::exactly_once}};
  crash();
  connect(true);
  const auto heard = sent();
  EXPECT_EQ(std::ranges::count_if(heard, [](const auto& l) { return l.starts_with("pubrel"); }),
            3 * limits::bridge_in_flight_max);
  EXPECT_EQ(core_->state().records_waiting, 2U);
}

TEST_F(a_bridge, keeps_the_window_of_the_other_broker) {
  open(everything_out);
  for (const auto* payload : {"1", "2", "3"}) put("a", payload);
  byte_buffer terms;
  mqtt::property_writer(terms).number(mqtt::property_id::receive_maximum, 2);
  far_.connect(*core_, false, terms);
  save();
  EXPECT_EQ(sent().size(), 2U);
  far_.answer(packet_type::puback, 32'001);
  EXPECT_EQ(sent(), lines{"a=3 q1 #32003"});
}

TEST_F(a_bridge, keeps_to_the_qos_and_retain_of_the_other_broker) {
  open({{.filter = "keep/#", .qos = qos::exactly_once}, {.filter = "drop/#", .retain = false}});
  model::record_view retained;
  retained.retain = true;
  put("keep/a", "1", retained);
  put("drop/a", "2", retained);
  connect();
  EXPECT_EQ(sent(), (lines{"keep/a=1 q2 #32001 retain", "drop/a=2 q1 #32002"}));
  far_.drop(*core_);
  byte_buffer terms;
  mqtt::property_writer(terms).number(mqtt::property_id::maximum_qos, 1).number(mqtt::property_id::retain_available, 0);
  far_.connect(*core_, true, terms);
  EXPECT_EQ(sent(), (lines{"keep/a=1 q1 #32001 dup", "drop/a=2 q1 #32002 dup"}));
}

TEST_F(a_bridge, qos_0_waits_for_nothing) {
  open({{.filter = "#", .qos = qos::at_most_once}});
  put("a", "1");
  connect();
  EXPECT_EQ(sent(), lines{"a=1 q0"});
  EXPECT_EQ(core_->state().records_waiting, 0U);
}

TEST_F(a_bridge, sets_aside_what_is_refused_and_goes_on) {
  open(everything_out);
  put("a", "bad");
  put("a", "good");
  connect();
  (void)sent();
  far_.answer(packet_type::puback, 32'001, reason::payload_format_invalid);
  far_.answer(packet_type::puback, 32'002);
  ASSERT_EQ(aside_->list().size(), 1U);
  const auto entry = aside_->list()[0];
  EXPECT_EQ(entry.who.reader, "bridge/hub");
  EXPECT_EQ(entry.reason, "payload format invalid");
  EXPECT_EQ(core_->state().records_waiting, 0U);
  EXPECT_EQ(core_->state().records_refused, 1U);
}

TEST_F(a_bridge, does_not_pass_what_is_refused_before_it_is_durable_in_quarantine) {
  open(everything_out);
  put("a", "bad");
  connect();
  (void)sent();
  keeper_worker_.waits = true;
  far_.answer(packet_type::puback, 32'001, reason::not_authorized);
  EXPECT_EQ(core_->state().records_waiting, 1U);
  keeper_worker_.run();
  EXPECT_EQ(core_->state().records_waiting, 0U);
}

TEST_F(a_bridge, what_was_refused_can_be_tried_again) {
  open(everything_out);
  put("a", "1");
  connect();
  (void)sent();
  far_.answer(packet_type::puback, 32'001, reason::not_authorized);
  std::optional<bool> worked;
  aside_->retry(aside_->list()[0].number, clock::wall(), [&](result<> how) { worked = how.has_value(); });
  EXPECT_EQ(sent(), lines{"a=1 q1 #48001"});
  far_.answer(packet_type::puback, 48'001);
  EXPECT_EQ(worked, true);
  EXPECT_EQ(aside_->size(), 0U);
}

TEST_F(a_bridge, a_broker_without_room_is_tried_again) {
  open(everything_out);
  put("a", "1");
  connect();
  (void)sent();
  far_.answer(packet_type::puback, 32'001, reason::quota_exceeded);
  EXPECT_TRUE(far_.hung_up);
  EXPECT_EQ(aside_->size(), 0U);
  far_.drop(*core_);
  connect(true);
  EXPECT_EQ(sent(), lines{"a=1 q1 #32001 dup"});
}

TEST_F(a_bridge, sets_aside_what_is_too_large) {
  payload_max_ = 4;
  open(everything_out);
  put("a", "12345");
  put("a", "1234");
  connect();
  EXPECT_EQ(sent(), lines{"a=1234 q1 #32002"});
  EXPECT_EQ(aside_->size(), 1U);
}

TEST_F(a_bridge, keeps_properties_and_counts_down_the_expiry) {
  open(everything_out);
  byte_buffer properties;
  mqtt::property_writer(properties)
      .number(mqtt::property_id::message_expiry_interval, 60)
      .text(mqtt::property_id::content_type, "text/plain")
      .user("epoch", "7")
      .user("seq", "1");
  model::record_view r;
  r.properties = properties;
  put("a", "1", r);
  put("b", "2", r);
  pass(59s);
  connect();
  EXPECT_EQ(sent().size(), 2U);
  EXPECT_EQ(mqtt::find_number(far_.last_properties, mqtt::property_id::message_expiry_interval), 1U);
  EXPECT_EQ(mqtt::find_user_property(far_.last_properties, "seq"), "1");
  EXPECT_TRUE(has_left(far_.last_properties, "fog-1"));
  far_.drop(*core_);
  pass(1s);
  connect(true);
  EXPECT_EQ(sent(), lines{}) << "expired";
  EXPECT_EQ(core_->state().records_waiting, 0U);
}

TEST_F(a_bridge, opens_the_batches_of_children) {
  open({{.filter = "plant/#"}});
  model::batch_encoder encoder;
  for (std::uint64_t i = 0; i < 3; ++i) {
    model::record_view r;
    r.topic = i == 1 ? "office/a" : "plant/a";
    const auto text = std::to_string(i);
    r.payload = as_bytes(text);
    r.source = "press-4";
    ASSERT_TRUE(encoder.add(log_offset(i), r));
  }
  byte_buffer block;
  encoder.finish("edge-1", lane::bulk, perigee::epoch(5), log_offset(0), log_offset(2), block);
  model::record_view batch;
  batch.kind = model::record_kind::batch;
  batch.payload = block;
  batch.source = "uplink/edge-1";
  batch.lane = lane::bulk;
  ASSERT_TRUE(log_->append(batch));
  connect();
  EXPECT_EQ(sent(), (lines{"plant/a=0 q1 #32001", "plant/a=2 q1 #32002"}));
  far_.answer(packet_type::puback, 32'001);
  pass(2s);
  save();
  far_.drop(*core_);
  crash();
  connect(true);
  EXPECT_EQ(sent(), lines{"plant/a=2 q1 #32002 dup"}) << "it stands in the middle of a batch";
}

}  // namespace
}  // namespace perigee::readers::bridge
