// A subscriber and the broker against a model, over everything that can come between them: cut connections, kills of
// the broker at any moment, windows that shut, saves and commits that take their time. What the subscriber takes from
// QoS 2 must be what was committed, once each and in order; from QoS 1, all of it.

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <format>
#include <set>

#include "base/random.hpp"
#include "doors/mqtt/detail/testing.hpp"
#include "wire/mqtt/framer.hpp"

namespace perigee::doors::mqtt {
namespace {

namespace wire = perigee::wire::mqtt;
using testing::site;
using wire::packet_type;
using lines = std::vector<std::string>;

const broker_options saving{.lanes = {{"alarm/#", model::lane::alarm}}, .saves_state = true, .protocol = {}};

/// What a client keeps of its session, and what it took.
struct receiver {
  std::set<wire::packet_id> held;
  lines once;
  std::multiset<std::string> at_least_once;
};

/// The receiver's connection. Packets that came are handled one at a time: what is not handled when it ends never came.
class reception final : private transport {
 public:
  reception(site& at, receiver& of, std::uint16_t receive_maximum, std::uint32_t expiry_s)
      : site_(at), of_(of), link_(at.core.attach(*this, {.name = {}, .address = "test", .anonymous = true}, at.now)) {
    byte_buffer properties;
    wire::property_writer(properties)
        .number(wire::property_id::session_expiry_interval, expiry_s)
        .number(wire::property_id::receive_maximum, receive_maximum);
    wire::connect hello;
    hello.client_id = "v";
    hello.clean_start = false;
    hello.properties = properties;
    send(hello);
  }
  ~reception() override { link_->on_end(site_.now); }

  void subscribe() {
    byte_buffer block;
    byte_writer out(block);
    for (const std::string_view filter : {"one/#", "two/#", "alarm/#"}) {
      out.u8(0);
      out.u8(static_cast<std::uint8_t>(filter.size()));
      out.bytes(as_bytes(filter));
      out.u8(filter == "one/#" ? 1 : 2);
    }
    wire::subscribe request;
    request.packet_id = 1;
    request.filters = block;
    send(request);
  }

  /// False where nothing is there to handle.
  bool handle_one() {
    fetch();
    if (came_.empty()) return false;
    const auto bytes = std::move(came_.front());
    came_.pop_front();
    const auto f = wire::next_frame(bytes, limits::mqtt_packet_bytes_max);
    const auto p = *wire::decode(f->first_byte, f->body, wire::protocol_version::v5);
    if (const auto* m = std::get_if<wire::publish>(&p)) take(*m);
    if (const auto* c = std::get_if<wire::connack>(&p)) resumed = c->session_present;
    if (const auto* a = std::get_if<wire::acknowledgement>(&p); a != nullptr && a->type == packet_type::pubrel) {
      of_.held.erase(a->packet_id);
      send(wire::acknowledgement{.type = packet_type::pubcomp, .packet_id = a->packet_id});
    }
    EXPECT_FALSE(std::holds_alternative<wire::disconnect>(p));
    return true;
  }

  bool resumed = false;

 private:
  void take(const wire::publish& m) {
    const std::string payload(as_text(m.payload));
    if (m.qos == wire::qos::at_least_once) {
      of_.at_least_once.insert(payload);
      return send(wire::acknowledgement{.type = packet_type::puback, .packet_id = m.packet_id});
    }
    if (of_.held.insert(m.packet_id).second) of_.once.push_back(payload);
    send(wire::acknowledgement{.type = packet_type::pubrec, .packet_id = m.packet_id});
  }
  void send(const wire::packet& p) {
    byte_buffer out;
    wire::encode(p, wire::protocol_version::v5, out);
    (void)link_->on_bytes(out, site_.now);
  }
  void fetch() {
    byte_buffer down;
    link_->take_output(down);
    link_->on_written(site_.now);
    for (byte_view rest = down; !rest.empty();) {
      const auto f = wire::next_frame(rest, limits::mqtt_packet_bytes_max);
      came_.push_back(to_buffer(rest.first(f->bytes)));
      rest = rest.subspan(f->bytes);
    }
  }
  void wake() override {}

  site& site_;
  receiver& of_;
  std::unique_ptr<link> link_;
  std::deque<byte_buffer> came_;
};

/// One run: steps drawn from a seed, then everything is let come to rest.
class run {
 public:
  explicit run(std::uint64_t seed) : random_(seed), site_(std::make_unique<site>(saving)) {
    site_->saves_at_once = false;
    come_to_rest();
    connection_->subscribe();
    come_to_rest();
  }

  void step() {
    switch (random_.next() % 10) {
      case 0:
      case 1: return publish();
      case 2: return site_->commit();
      case 3: return site_->save();
      case 4: return random_.next() % 4 == 0 ? kill() : site_->settle();
      case 5:
        if (random_.next() % 3 == 0) connection_.reset();
        return;
      default:
        if (!connection_) return connect();
        (void)connection_->handle_one();
    }
  }

  void come_to_rest() {
    if (!connection_) connect();
    for (int quiet = 0; quiet < 3; ++quiet) {
      site_->commit();
      site_->save();
      site_->settle();
      while (connection_->handle_one()) quiet = 0;
    }
  }

  [[nodiscard]] lines committed(std::string_view under, model::lane l = model::lane::bulk) const {
    lines out;
    for (const auto& r : site_->log.records(l)) {
      if (r.topic.starts_with(under)) out.emplace_back(as_text(r.payload));
    }
    return out;
  }
  [[nodiscard]] lines taken_once(char lane) const {
    lines out;
    std::ranges::copy_if(taken_.once, std::back_inserter(out), [lane](const auto& each) { return each[0] == lane; });
    return out;
  }
  [[nodiscard]] const receiver& taken() const { return taken_; }
  [[nodiscard]] bool resumed() const { return connection_->resumed; }

 private:
  void publish() {
    const auto which = random_.next() % 3;
    const auto payload = std::format("{}{}", "oba"[which], published_++);
    model::record_view r;
    r.lane = which == 2 ? model::lane::alarm : model::lane::bulk;
    constexpr std::string_view topics[] = {"one/x", "two/x", "alarm/x"};
    r.topic = topics[which];
    r.payload = as_bytes(payload);
    r.qos = 2;
    r.arrival = site_->now.wall;
    ASSERT_TRUE(site_->log.append(r));
  }
  void connect() {
    connection_ = std::make_unique<reception>(*site_, taken_, static_cast<std::uint16_t>(1 + random_.next() % 5), 1000);
  }
  void kill() {
    auto next = std::make_unique<site>(saving);
    next->saves_at_once = false;
    next->take_over(*site_);
    connection_.reset();
    site_ = std::move(next);
  }

  prng random_;
  receiver taken_;
  std::unique_ptr<site> site_;
  std::unique_ptr<reception> connection_;
  std::uint64_t published_ = 0;
};

TEST(session_model, qos_2_comes_once_and_qos_1_comes_whatever_happens) {
  constexpr int runs = 150;
  constexpr int steps = 150;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    run one(seed);
    for (int i = 0; i < steps; ++i) one.step();
    one.come_to_rest();
    ASSERT_TRUE(one.resumed()) << "seed " << seed;
    ASSERT_EQ(one.taken_once('b'), one.committed("two/")) << "seed " << seed;
    ASSERT_EQ(one.taken_once('a'), one.committed("alarm/", model::lane::alarm)) << "seed " << seed;
    ASSERT_TRUE(one.taken().held.empty()) << "seed " << seed;
    for (const auto& each : one.committed("one/")) {
      ASSERT_TRUE(one.taken().at_least_once.contains(each)) << each << ", seed " << seed;
    }
  }
}

}  // namespace
}  // namespace perigee::doors::mqtt
