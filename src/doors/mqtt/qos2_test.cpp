#include <gtest/gtest.h>

#include <algorithm>
#include <format>

#include "base/limits.hpp"
#include "doors/mqtt/detail/testing.hpp"
#include "wire/mqtt/framer.hpp"

namespace perigee::doors::mqtt {
namespace {

namespace wire = perigee::wire::mqtt;
using testing::site;
using wire::packet_type;
using lines = std::vector<std::string>;

const broker_options saving{.lanes = {}, .saves_state = true, .protocol = {}};

/// A client that says packet by packet what a test wants said, and names the answers: "pubrec 1", "closed".
class speaker final : private transport {
 public:
  speaker(site& at, std::string_view id, bool clean_start = false, std::uint32_t expiry_s = 60)
      : site_(at), link_(at.core.attach(*this, {.name = {}, .address = "test", .anonymous = true}, at.now)) {
    byte_buffer properties;
    wire::property_writer(properties).number(wire::property_id::session_expiry_interval, expiry_s);
    wire::connect hello;
    hello.client_id = id;
    hello.clean_start = clean_start;
    hello.properties = properties;
    byte_buffer out;
    wire::encode(hello, out);
    feed(out);
  }

  void publish(wire::packet_id id, std::string_view payload, std::string_view topic = "a", bool again = false) {
    wire::publish m;
    m.topic = topic;
    m.payload = as_bytes(payload);
    m.packet_id = id;
    m.qos = wire::qos::exactly_once;
    m.duplicate = again;
    byte_buffer out;
    wire::encode(m, wire::protocol_version::v5, out);
    feed(out);
  }
  void release(wire::packet_id id) {
    byte_buffer out;
    wire::encode(wire::acknowledgement{.type = packet_type::pubrel, .packet_id = id}, wire::protocol_version::v5, out);
    feed(out);
  }
  /// What came since the last call.
  lines heard() {
    site_.settle();
    byte_buffer down;
    link_->take_output(down);
    link_->on_written(site_.now);
    lines out;
    for (byte_view rest = down; !rest.empty();) {
      const auto f = wire::next_frame(rest, limits::mqtt_packet_bytes_max);
      out.push_back(name(*wire::decode(f->first_byte, f->body, wire::protocol_version::v5)));
      rest = rest.subspan(f->bytes);
    }
    return out;
  }
  [[nodiscard]] bool closed() const { return link_->closed(); }

 private:
  static std::string name(const wire::packet& p) {
    if (const auto* a = std::get_if<wire::acknowledgement>(&p)) {
      const auto* kind = a->type == packet_type::pubrec ? "pubrec" : a->type == packet_type::pubcomp ? "pubcomp" : "?";
      return std::format("{} {}{}", kind, a->packet_id,
                         a->code == wire::reason::success ? "" : " " + std::string(wire::name_of(a->code)));
    }
    if (const auto* c = std::get_if<wire::connack>(&p)) return c->session_present ? "resumed" : "new";
    return std::holds_alternative<wire::disconnect>(p) ? "disconnect" : "other";
  }
  void feed(byte_view bytes) {
    (void)link_->on_bytes(bytes, site_.now);
    site_.settle();
  }
  void wake() override {}

  site& site_;
  std::unique_ptr<link> link_;
};

std::size_t messages(const site& s, model::lane l = model::lane::bulk) {
  return static_cast<std::size_t>(
      std::ranges::count(s.log.records(l), model::record_kind::message, &model::record::kind));
}

TEST(qos_2, is_received_after_its_commit_and_completed_after_its_release_s_commit) {
  site s;
  speaker device(s, "d1");
  EXPECT_EQ(device.heard(), lines{"new"});
  device.publish(1, "x");
  EXPECT_EQ(device.heard(), lines{});
  s.commit();
  EXPECT_EQ(device.heard(), lines{"pubrec 1"});
  device.release(1);
  EXPECT_EQ(device.heard(), lines{});
  s.commit();
  EXPECT_EQ(device.heard(), lines{"pubcomp 1"});
  EXPECT_EQ(messages(s), 1U);
  EXPECT_EQ(s.log.records()[0].qos, 2);
  EXPECT_EQ(s.log.records()[1].kind, model::record_kind::release);
  EXPECT_EQ(s.log.records()[0].delivery, s.log.records()[1].delivery);
}

TEST(qos_2, the_same_id_is_the_same_message_until_it_is_released) {
  site s;
  speaker device(s, "d1");
  device.publish(1, "x");
  s.commit();
  device.publish(1, "x", "a", true);
  device.publish(1, "x", "a", false);
  EXPECT_EQ(device.heard(), (lines{"new", "pubrec 1", "pubrec 1", "pubrec 1"}));
  EXPECT_EQ(messages(s), 1U);
  device.release(1);
  s.commit();
  device.publish(1, "y");
  s.commit();
  EXPECT_EQ(device.heard(), (lines{"pubcomp 1", "pubrec 1"}));
  EXPECT_EQ(messages(s), 2U);
}

TEST(qos_2, a_connection_that_breaks_off_changes_nothing) {
  site s;
  {
    speaker device(s, "d1");
    device.publish(1, "x");
    s.commit();
  }
  speaker back(s, "d1");
  back.publish(1, "x", "a", true);
  EXPECT_EQ(back.heard(), (lines{"resumed", "pubrec 1"}));
  EXPECT_EQ(messages(s), 1U);
  back.release(1);
  s.commit();
  EXPECT_EQ(back.heard(), lines{"pubcomp 1"});
  back.release(1);
  EXPECT_EQ(back.heard(), lines{"pubcomp 1 packet identifier not found"});
}

TEST(qos_2, a_session_that_starts_clean_holds_nothing) {
  site s;
  {
    speaker device(s, "d1");
    device.publish(1, "x");
    s.commit();
  }
  speaker back(s, "d1", true);
  back.publish(1, "y");
  s.commit();
  EXPECT_EQ(back.heard(), (lines{"new", "pubrec 1"}));
  EXPECT_EQ(messages(s), 2U);
}

TEST(qos_2, a_kill_before_the_commit_loses_what_nobody_was_told_of) {
  site before(saving);
  speaker device(before, "d1");
  before.save();
  device.publish(1, "x");
  site after(saving);
  after.take_over(before);
  speaker back(after, "d1");
  back.publish(1, "x", "a", true);
  after.commit();
  EXPECT_EQ(back.heard(), (lines{"resumed", "pubrec 1"}));
  EXPECT_EQ(messages(after), 1U);
}

/// Written, maybe synced, but nothing says so: the journal stages it again, and commits it before it lets anyone in.
TEST(qos_2, what_a_kill_left_unproven_is_not_stored_again) {
  site before(saving);
  speaker device(before, "d1");
  before.save();
  device.publish(1, "x");
  site after(saving);
  after.log = before.log;
  ASSERT_TRUE(after.core.restore(before.state, after.now));
  after.core.work(after.now);
  EXPECT_TRUE(after.core.catching_up());
  EXPECT_TRUE(after.core.awaits_commit());
  after.commit();
  EXPECT_FALSE(after.core.catching_up());
  speaker back(after, "d1");
  back.publish(1, "x", "a", true);
  EXPECT_EQ(back.heard(), (lines{"resumed", "pubrec 1"}));
  EXPECT_EQ(messages(after), 1U);
}

/// The state is saved at one of these moments, and the kill comes at a later one: the journal tells the difference.
TEST(qos_2, a_kill_at_any_moment_neither_loses_nor_doubles) {
  constexpr int moments = 5;
  for (int save_at = 0; save_at < moments; ++save_at) {
    for (int kill_at = save_at; kill_at < moments; ++kill_at) {
      site before(saving);
      speaker device(before, "d1");
      for (int step = 0; step <= kill_at; ++step) {
        if (step == 1) device.publish(1, "x");
        if (step == 2) before.commit();
        if (step == 3) device.release(1);
        if (step == 4) before.commit();
        if (step == save_at) before.save();
      }
      site after(saving);
      after.take_over(before);
      speaker back(after, "d1");
      const bool completed = kill_at == 4;
      if (!completed && kill_at != 3) {  // it has no PUBREC: the message comes again
        back.publish(1, "x", "a", true);
        after.commit();
      }
      if (!completed) {
        back.release(1);
        after.commit();
      }
      back.publish(1, "y");  // the id is free for another message
      after.commit();
      const auto heard = back.heard();
      EXPECT_EQ(heard.back(), "pubrec 1") << save_at << " " << kill_at;
      EXPECT_EQ(messages(after), 2U) << "saved at " << save_at << ", killed at " << kill_at;
    }
  }
}

TEST(qos_2, an_id_may_go_on_in_another_lane) {
  const broker_options options{.lanes = {{"alarm/#", model::lane::alarm}}, .saves_state = true, .protocol = {}};
  site before(options);
  {
    speaker device(before, "d1");
    before.save();
    device.publish(1, "x");
    before.commit();
    device.release(1);
    before.commit();
    device.publish(1, "y", "alarm/1");
    before.commit();
  }
  site after(options);
  after.take_over(before);
  speaker back(after, "d1");
  back.publish(1, "y", "alarm/1", true);
  after.commit();
  EXPECT_EQ(back.heard(), (lines{"resumed", "pubrec 1"}));
  EXPECT_EQ(messages(after, model::lane::alarm), 1U);
  EXPECT_EQ(messages(after), 1U);
}

TEST(qos_2, waits_until_a_new_session_would_be_found_again) {
  site s(saving);
  s.saves_at_once = false;
  speaker device(s, "d1");
  EXPECT_EQ(device.heard(), lines{}) << "killed now, the broker would not know the session";
  EXPECT_TRUE(s.state_awaited);
  s.save();
  device.publish(1, "x");
  s.commit();
  EXPECT_EQ(device.heard(), (lines{"new", "pubrec 1"}));
}

TEST(qos_2, a_full_journal_is_said_and_the_id_is_free_again) {
  site s;
  speaker device(s, "d1");
  s.log.refuses = errc::full;
  device.publish(1, "x");
  EXPECT_EQ(device.heard(), (lines{"new", "pubrec 1 quota exceeded"}));
  s.log.refuses = errc::ok;
  device.publish(1, "x");
  s.commit();
  EXPECT_EQ(device.heard(), lines{"pubrec 1"});
  s.log.refuses = errc::full;
  device.release(1);
  EXPECT_EQ(device.heard(), lines{"disconnect"}) << "PUBCOMP has no way to say it";
  s.log.refuses = errc::ok;
  speaker back(s, "d1");
  back.release(1);
  s.commit();
  EXPECT_EQ(back.heard(), (lines{"resumed", "pubcomp 1"}));
}

TEST(qos_2, what_is_not_released_is_bounded) {
  site s;
  speaker device(s, "d1");
  for (std::uint32_t round = 0; round < 2; ++round) {
    for (std::uint32_t i = 1; i <= limits::mqtt_inflight_in_max; ++i) {
      device.publish(static_cast<wire::packet_id>(round * limits::mqtt_inflight_in_max + i), "x");
    }
    s.commit();
  }
  const auto heard = device.heard();
  EXPECT_TRUE(device.closed()) << "receive maximum exceeded";
  EXPECT_EQ(messages(s), limits::mqtt_inflight_in_max);
  speaker back(s, "d1");
  back.publish(60'000, "x");
  EXPECT_EQ(back.heard(), (lines{"resumed", "pubrec 60000 quota exceeded"})) << "the session holds as many";
}

TEST(qos_2, subscribers_get_the_message_and_not_its_release) {
  site s;
  testing::client viewer(s, "v1");
  viewer.subscribe("#");
  speaker device(s, "d1");
  device.publish(1, "x");
  s.commit();
  device.release(1);
  s.commit();
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), lines{"a x"});
}

}  // namespace
}  // namespace perigee::doors::mqtt
