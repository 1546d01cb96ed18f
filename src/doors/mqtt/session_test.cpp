#include <gtest/gtest.h>

#include "doors/mqtt/broker.hpp"
#include "doors/mqtt/detail/testing.hpp"
#include "wire/mqtt/testing.hpp"

namespace perigee::doors::mqtt {
namespace {

using namespace std::chrono_literals;
using testing::client;
using testing::client_terms;
using testing::site;
using wire::mqtt::qos;
using lines = std::vector<std::string>;

const broker_options saving{.lanes = {}, .saves_state = true, .protocol = {}};
const client_terms lasting{.session_expiry_s = 100};
client_terms resuming(std::uint16_t receive_maximum = 0) {
  return {.clean_start = false, .session_expiry_s = 100, .receive_maximum = receive_maximum};
}

TEST(session, what_was_missed_comes_when_the_client_does) {
  site s;
  client device(s, "d1");
  {
    client viewer(s, "v1", lasting);
    viewer.subscribe("a");
    viewer.subscribe("b", qos::at_most_once);
    viewer.disconnect();
  }
  device.publish("a", "1");
  device.publish("b", "2");
  device.publish("a", "3", qos::at_most_once);
  device.publish("a", "4");
  s.commit();
  client back(s, "v1", resuming());
  EXPECT_TRUE(back.session_present);
  EXPECT_EQ(back.heard(), (lines{"a 1", "a 4"})) << "QoS 0 is not kept";
  device.publish("b", "5");
  s.commit();
  back.exchange();
  EXPECT_EQ(back.heard(), lines{"b 5"});
}

TEST(session, what_was_in_flight_comes_again_as_a_duplicate) {
  site s;
  client device(s, "d1");
  client viewer(s, "v1", lasting);
  viewer.subscribe("a");
  viewer.hold_acks = true;
  for (const auto* payload : {"1", "2", "3"}) device.publish("a", payload);
  s.commit();
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), (lines{"a 1", "a 2", "a 3"}));
  viewer.lose();
  device.publish("a", "4");
  s.commit();
  auto terms = resuming(2);
  terms.hold_acks = true;
  client back(s, "v1", terms);
  EXPECT_EQ(back.heard(), (lines{"a 1 dup", "a 2 dup"})) << "within the window";
  back.acknowledge_held();
  EXPECT_EQ(back.heard(), (lines{"a 3 dup", "a 4"}));
  back.acknowledge_held();
  EXPECT_EQ(back.heard(), lines{});
}

TEST(session, ends_with_its_expiry) {
  site s;
  {
    client viewer(s, "v1", lasting);
    viewer.subscribe("a");
    viewer.lose();
  }
  s.pass(99s);
  {
    client back(s, "v1", resuming());
    EXPECT_TRUE(back.session_present);
    back.lose();
  }
  s.pass(100s);
  client late(s, "v1", resuming());
  EXPECT_FALSE(late.session_present);
}

TEST(session, a_clean_start_forgets) {
  site s;
  client device(s, "d1");
  {
    client viewer(s, "v1", lasting);
    viewer.subscribe("a");
    viewer.lose();
  }
  device.publish("a", "1");
  s.commit();
  client back(s, "v1", lasting);
  EXPECT_FALSE(back.session_present);
  EXPECT_EQ(back.heard(), lines{});
}

TEST(session, a_second_connection_takes_over) {
  site s;
  client device(s, "d1");
  client first(s, "v1", lasting);
  first.subscribe("a");
  client second(s, "v1", resuming());
  EXPECT_TRUE(second.session_present);
  first.exchange();
  EXPECT_EQ(first.heard(), lines{"closed session taken over"});
  device.publish("a", "1");
  s.commit();
  second.exchange();
  EXPECT_EQ(second.heard(), lines{"a 1"});
}

TEST(session, a_will_goes_out_when_the_connection_is_lost) {
  site s;
  client viewer(s, "v1");
  viewer.subscribe("gone/#");
  const wire::mqtt::will_message will{.topic = "gone/d1", .payload = as_bytes("bye"), .qos = qos::at_least_once};
  client lost(s, "d1", {.will = will});
  client polite(s, "d2", {.will = will});
  polite.disconnect();
  s.commit();
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), lines{});
  lost.lose();
  s.commit();
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), lines{"gone/d1 bye"});
}

TEST(session, a_delayed_will_is_called_back_by_a_return) {
  site s;
  client viewer(s, "v1");
  viewer.subscribe("gone/#");
  byte_buffer delay;
  wire::mqtt::property_writer(delay).number(wire::mqtt::property_id::will_delay_interval, 5);
  const wire::mqtt::will_message will{.topic = "gone/d1", .payload = as_bytes("bye"), .properties = delay};
  client_terms terms = lasting;
  terms.will = will;
  {
    client device(s, "d1", terms);
    device.lose();
  }
  s.pass(3s);
  terms.clean_start = false;
  client back(s, "d1", terms);
  s.pass(10s);
  s.commit();
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), lines{});
  back.lose();
  s.pass(4s);
  s.commit();
  s.pass(1s);
  s.commit();
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), lines{"gone/d1 bye"});
}

TEST(session, survives_a_restart_of_the_broker) {
  site before(saving);
  client device(before, "d1");
  device.publish("cfg", "on", qos::at_least_once, true);
  client viewer(before, "v1", lasting);
  viewer.subscribe("a/+");
  viewer.hold_acks = true;
  device.publish("a/1", "held");
  before.commit();
  viewer.exchange();
  before.save();
  device.publish("a/2", "late");
  device.publish("cfg", "off", qos::at_least_once, true);  // after the save
  before.commit();

  site after(saving);
  after.take_over(before);
  client back(after, "v1", resuming());
  EXPECT_TRUE(back.session_present);
  EXPECT_EQ(back.heard(), (lines{"a/1 held dup", "a/2 late"}));
  client fresh(after, "v2");
  fresh.subscribe("cfg");
  EXPECT_EQ(fresh.heard(), lines{"cfg off retained"}) << "the journal knows better than the file";
}

TEST(session, goes_back_to_where_a_restored_journal_parts_from_the_one_it_read) {
  site before(saving);
  client device(before, "d1");
  client viewer(before, "v1", lasting);
  viewer.subscribe("a/+");
  device.publish("a/1", "old");
  before.commit();
  viewer.exchange();
  const auto backup = before.log;
  before.log.begin_life(epoch(9));
  device.publish("a/2", "only in the original", qos::at_least_once, true);
  before.commit();
  viewer.exchange();
  before.save();

  site after(saving);
  after.log = backup;
  after.log.begin_life(epoch(10));
  auto other = before.log.records()[1];
  other.topic = "a/3";
  other.payload = to_buffer(as_bytes("at the same place"));
  ASSERT_TRUE(after.log.append(other.view()));
  after.log.commit();
  ASSERT_TRUE(after.core.restore(before.state, after.now));
  after.settle();
  client back(after, "v1", resuming());
  EXPECT_EQ(back.heard(), lines{"a/3 at the same place"});
}

TEST(session, is_found_again_with_what_was_acknowledged_whenever_the_broker_is_killed) {
  site before(saving);
  before.saves_at_once = false;
  client viewer(before, "v1", lasting);
  EXPECT_FALSE(viewer.connection().connected()) << "CONNACK waits for the save";
  before.save();
  viewer.exchange();
  EXPECT_TRUE(viewer.connection().connected());
  viewer.subscribe("a");
  EXPECT_EQ(viewer.subscribed, 0);
  before.save();
  viewer.exchange();
  EXPECT_EQ(viewer.subscribed, 1);

  site after(saving);
  after.take_over(before);
  client device(after, "d1");
  device.publish("a", "x");
  after.commit();
  client back(after, "v1", resuming());
  EXPECT_EQ(back.heard(), lines{"a x"});
}

TEST(session, that_started_clean_is_not_followed_by_the_one_before) {
  site before(saving);
  {
    client viewer(before, "v1", lasting);
    viewer.subscribe("a");
  }
  client clean(before, "v1");  // ends with its connection
  EXPECT_EQ(before.state.count(state_kind::session), 0U);
  EXPECT_EQ(before.state.count(state_kind::subscription), 0U);
}

TEST(session, leaves_no_entry_behind) {
  site s(saving);
  {
    client viewer(s, "v1", lasting);
    viewer.subscribe("a");
    viewer.subscribe("b");
    viewer.unsubscribe("b");
    s.save();
    EXPECT_EQ(s.state.count(state_kind::session), 1U);
    EXPECT_EQ(s.state.count(state_kind::subscription), 1U);
  }
  s.pass(101s);
  s.save();
  EXPECT_EQ(s.state.count(state_kind::session), 0U);
  EXPECT_EQ(s.state.count(state_kind::subscription), 0U);
}

TEST(session, a_will_outlives_the_broker) {
  wire::mqtt::will_message will;
  will.topic = "gone";
  will.payload = as_bytes("bye");
  will.qos = qos::at_least_once;
  site before(saving);
  client device(before, "d1", {.will = will});
  client other(before, "d2", {.session_expiry_s = 60, .will = will});
  other.disconnect();  // takes its will with it
  before.save();

  site after(saving);
  after.take_over(before);
  client viewer(after, "v1");
  viewer.subscribe("gone");
  after.pass(1s);
  after.commit();
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), lines{"gone bye"}) << "the kill ended its connection";
  after.save();
  EXPECT_EQ(after.state.count(state_kind::session), 1U) << "d1's ended with its will, d2's goes on";
}

TEST(session, a_will_that_was_due_later_is_due_then_after_a_restart) {
  byte_buffer delay;
  wire::mqtt::property_writer(delay).number(wire::mqtt::property_id::will_delay_interval, 30);
  wire::mqtt::will_message will;
  will.topic = "gone";
  will.payload = as_bytes("bye");
  will.properties = delay;
  will.qos = qos::at_least_once;
  site before(saving);
  client device(before, "d1", {.session_expiry_s = 60, .will = will});
  device.lose();
  before.pass(20s);
  before.save();

  site after(saving);
  after.take_over(before);
  after.pass(9s);
  EXPECT_TRUE(after.log.records().empty());
  after.pass(2s);
  EXPECT_EQ(after.log.records().size(), 1U);
}

/// MQTT 3.1.1, byte for byte.
class old_client final : private transport {
 public:
  explicit old_client(site& at)
      : site_(at), link_(at.core.attach(*this, {.name = {}, .address = "test", .anonymous = true}, at.now)) {}

  /// What the broker sends in answer.
  std::string say(std::string_view written) {
    (void)link_->on_bytes(wire::mqtt::testing::bytes_of(written), site_.now);
    return heard();
  }
  std::string heard() {
    byte_buffer out;
    link_->take_output(out);
    link_->on_written(site_.now);
    return wire::mqtt::testing::hex_of(out);
  }
  [[nodiscard]] bool closed() const { return link_->closed(); }

 private:
  void wake() override {}

  site& site_;
  std::unique_ptr<link> link_;
};

TEST(session, of_311_lasts_without_clean_session) {
  site s;
  client device(s, "d1");
  {
    old_client viewer(s);
    EXPECT_EQ(viewer.say("10 0d 0004 'MQTT' 04 00 0000 0001 'v'"), "20 02 00 00");
    EXPECT_EQ(viewer.say("82 06 0001 0001 'a' 02"), "90 03 00 01 02") << "QoS 2 is granted";
    viewer.say("e0 00");
    EXPECT_TRUE(viewer.closed());
  }
  device.publish("a", "x");
  s.commit();
  old_client back(s);
  EXPECT_EQ(back.say("10 0d 0004 'MQTT' 04 00 0000 0001 'v'"), "20 02 01 00 32 06 00 01 61 00 01 78");
  old_client nameless(s);
  EXPECT_EQ(nameless.say("10 0c 0004 'MQTT' 04 00 0000 0000"), "20 02 00 02");
}

TEST(session, of_311_ends_when_its_message_is_refused) {
  site s;
  old_client device(s);
  device.say("10 0d 0004 'MQTT' 04 02 0000 0001 'd'");
  s.log.refuses = errc::no_space;
  EXPECT_EQ(device.say("32 05 0001 'a' 0001"), "");
  EXPECT_TRUE(device.closed());
}

TEST(session, of_311_is_not_told_that_a_dollar_topic_is_nobodys) {
  site s;
  old_client device(s);
  device.say("10 0d 0004 'MQTT' 04 02 0000 0001 'd'");
  EXPECT_EQ(device.say("32 06 0002 '$a' 0001"), "40 02 00 01");
  EXPECT_EQ(device.say("34 06 0002 '$a' 0002 62 02 0002"), "50 02 00 02 70 02 00 02");
  EXPECT_FALSE(device.closed());
  EXPECT_TRUE(s.log.records().empty());
}

TEST(session, of_qos_0_alone_reads_nothing_again) {
  site s;
  client device(s, "d1");
  {
    client viewer(s, "v1", lasting);
    viewer.subscribe("a", qos::at_most_once);
    viewer.lose();
  }
  device.publish("a", "1");
  s.commit();
  const auto before = s.log.reads;
  client back(s, "v1", resuming());
  EXPECT_EQ(s.log.reads, before);
  device.publish("a", "2", qos::at_most_once);
  s.commit();
  back.exchange();
  EXPECT_EQ(back.heard(), lines{"a 2"});
}

TEST(retained, walks_what_a_filter_covers_from_where_it_stopped) {
  retained_store store;
  for (const auto* topic : {"b", "a", "a/c", "ab", "a/b"}) ASSERT_TRUE(store.put(topic, {.payload = as_bytes("1")}));
  lines seen;
  const auto all = [&](std::string_view topic, const retained_message&) {
    seen.emplace_back(topic);
    return true;
  };
  EXPECT_TRUE(store.walk("a/#", {}, all));
  EXPECT_EQ(std::exchange(seen, {}), (lines{"a", "a/b", "a/c"}));
  EXPECT_TRUE(store.walk("a/+", "a/b", all));
  EXPECT_EQ(std::exchange(seen, {}), lines{"a/c"});
  EXPECT_TRUE(store.walk("+", {}, all));
  EXPECT_EQ(std::exchange(seen, {}), (lines{"a", "ab", "b"}));
  EXPECT_FALSE(store.walk("#", {}, [](std::string_view, const retained_message&) { return false; }));
}

TEST(retained, counts_its_bytes_and_refuses_past_its_bound) {
  retained_store store;
  const byte_buffer huge(limits::mqtt_retained_bytes_max);
  ASSERT_TRUE(store.put("a", {.payload = byte_view(huge).first(100)}));
  ASSERT_TRUE(store.put("a", {.payload = byte_view(huge).first(10)}));
  EXPECT_EQ(store.bytes(), 11U);
  EXPECT_FALSE(store.put("b", {.payload = huge}));
  ASSERT_TRUE(store.put("a", {}));
  EXPECT_EQ(store.bytes(), 0U);
  EXPECT_EQ(store.size(), 0U);
}

TEST(retained, keeps_all_of_a_message_and_notes_what_changed) {
  retained_store store;
  const auto properties = as_bytes("pp");
  ASSERT_TRUE(store.put("never/noted", {.payload = as_bytes("x")}));
  store.note_changes();
  ASSERT_TRUE(store.put_saved("as/saved", {.payload = as_bytes("x")}));
  const journal_place where{model::lane::event, {log_offset(7), 3}};
  ASSERT_TRUE(store.put("a", {as_bytes("payload"), properties, qos::exactly_once, {12}, where}));
  store.remove("as/saved");
  store.remove("not/there");
  const auto found = store.find("a");
  ASSERT_TRUE(found);
  EXPECT_EQ(as_text(found->payload), "payload");
  EXPECT_EQ(as_text(found->properties), "pp");
  EXPECT_EQ(found->qos, qos::exactly_once);
  EXPECT_EQ(found->arrival.ns, 12);
  ASSERT_TRUE(found->stored);
  EXPECT_EQ(found->stored->lane, model::lane::event);
  EXPECT_EQ(found->stored->at, where.at);
  EXPECT_EQ(store.take_changed(), (std::unordered_set<std::string>{"a", "as/saved"}));
  EXPECT_TRUE(store.take_changed().empty());
}

}  // namespace
}  // namespace perigee::doors::mqtt
