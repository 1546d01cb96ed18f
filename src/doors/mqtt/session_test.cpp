#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "doors/mqtt/broker.hpp"
#include "doors/mqtt/detail/state.hpp"
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
  site before;
  client device(before, "d1");
  device.publish("cfg", "on", qos::at_least_once, true);
  client viewer(before, "v1", lasting);
  viewer.subscribe("a/+");
  viewer.hold_acks = true;
  device.publish("a/1", "held");
  before.commit();
  viewer.exchange();
  byte_buffer saved;
  before.core.save(saved, before.now);
  device.publish("a/2", "late");
  device.publish("cfg", "off", qos::at_least_once, true);  // after the save
  before.commit();

  site after;
  for (const auto& r : before.log.records()) ASSERT_TRUE(after.log.append(r.view()));
  after.log.commit();
  ASSERT_TRUE(after.core.restore(saved, after.now));
  after.settle();
  client back(after, "v1", resuming());
  EXPECT_TRUE(back.session_present);
  EXPECT_EQ(back.heard(), (lines{"a/1 held", "a/2 late"}));
  client fresh(after, "v2");
  fresh.subscribe("cfg");
  EXPECT_EQ(fresh.heard(), lines{"cfg off retained"}) << "the journal knows better than the file";
}

TEST(session, goes_back_to_where_a_restored_journal_parts_from_the_one_it_read) {
  site before;
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
  byte_buffer saved;
  before.core.save(saved, before.now);

  site after;
  after.log = backup;
  after.log.begin_life(epoch(10));
  auto other = before.log.records()[1];
  other.topic = "a/3";
  other.payload = to_buffer(as_bytes("at the same place"));
  ASSERT_TRUE(after.log.append(other.view()));
  after.log.commit();
  ASSERT_TRUE(after.core.restore(saved, after.now));
  after.settle();
  client back(after, "v1", resuming());
  EXPECT_EQ(back.heard(), lines{"a/3 at the same place"});
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
    EXPECT_EQ(viewer.say("82 06 0001 0001 'a' 02"), "90 03 00 01 01") << "QoS 1 is granted";
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

detail::saved_state example() {
  detail::saved_state state;
  state.lives.journal = epoch(7);
  for (auto& lane : state.lives.lanes) {
    lane.begin(epoch(8), log_offset(0));
    lane.begin(epoch(9), log_offset(150));
  }
  state.routed = {log_offset(1), log_offset(2), log_offset(300)};
  detail::saved_session one{
      .client_id = "client", .name = "name", .number = 5, .expiry_s = 60, .expires = {1'700'000'000'000'000'000}};
  one.receipts = {{.id = 7, .lane = model::lane::event}, {.id = 65'535, .lane = model::lane::bulk}};
  one.places[2] = {log_offset(290), 3};
  detail::subscription_entry entry;
  entry.qos = qos::at_least_once;
  entry.no_local = true;
  entry.identifier = 9;
  entry.since[2] = log_offset(200);
  one.subscriptions.emplace_back("a/#", entry);
  state.sessions.push_back(one);
  retained_message kept{{1, 2, 3}, {}, qos::at_least_once, {1'700'000'000'000'000'001}, journal_place{}};
  wire::mqtt::property_writer(kept.properties).user("k", "v");
  state.retained.emplace_back("a/b", kept);
  return state;
}

TEST(state, matches_the_golden_file) {
  byte_buffer bytes;
  detail::encode(example(), bytes);
  std::ifstream file("tests/golden/mqtt/state-1.bin", std::ios::binary);
  const byte_buffer golden{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(bytes, golden);
  const auto back = detail::decode_state(golden);
  ASSERT_TRUE(back) << back.error().text();
  byte_buffer again;
  detail::encode(*back, again);
  EXPECT_EQ(again, golden);
}

TEST(state, every_damage_is_noticed) {
  byte_buffer bytes;
  detail::encode(example(), bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] ^= 0x10;
    EXPECT_FALSE(detail::decode_state(damaged)) << i;
    EXPECT_FALSE(detail::decode_state(byte_view(bytes).first(i))) << i;
  }
  bytes[4] = 2;
  EXPECT_TRUE(is(detail::decode_state(bytes).error(), errc::unsupported));
}

TEST(retained, walks_what_a_filter_covers_from_where_it_stopped) {
  retained_store store;
  for (const auto* topic : {"a", "a/b", "a/c", "ab", "b"}) {
    ASSERT_TRUE(store.put(topic, {{1}, {}, qos::at_most_once, {}, {}}));
  }
  lines seen;
  const auto all = [&](const std::string& topic, const retained_message&) {
    seen.push_back(topic);
    return true;
  };
  EXPECT_TRUE(store.walk("a/#", {}, all));
  EXPECT_EQ(std::exchange(seen, {}), (lines{"a", "a/b", "a/c"}));
  EXPECT_TRUE(store.walk("a/+", "a/b", all));
  EXPECT_EQ(std::exchange(seen, {}), lines{"a/c"});
  EXPECT_TRUE(store.walk("+", {}, all));
  EXPECT_EQ(std::exchange(seen, {}), (lines{"a", "ab", "b"}));
  EXPECT_FALSE(store.walk("#", {}, [](const std::string&, const retained_message&) { return false; }));
}

TEST(retained, counts_its_bytes_and_refuses_past_its_bound) {
  retained_store store;
  ASSERT_TRUE(store.put("a", {byte_buffer(100), {}, qos::at_most_once, {}, {}}));
  ASSERT_TRUE(store.put("a", {byte_buffer(10), {}, qos::at_most_once, {}, {}}));
  EXPECT_EQ(store.bytes(), 11U);
  EXPECT_FALSE(store.put("b", {byte_buffer(limits::mqtt_retained_bytes_max), {}, qos::at_most_once, {}, {}}));
  ASSERT_TRUE(store.put("a", {{}, {}, qos::at_most_once, {}, {}}));
  EXPECT_EQ(store.bytes(), 0U);
  EXPECT_EQ(store.size(), 0U);
}

}  // namespace
}  // namespace perigee::doors::mqtt
