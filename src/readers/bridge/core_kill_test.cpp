// QoS 2 over kills, power cuts and lost connections at any moment: lives of a bridge drawn from seeds, against a broker
// that keeps its session.

#include "base/random.hpp"
#include "readers/bridge/bridge_test.hpp"

namespace perigee::readers::bridge {
namespace {

using message = std::pair<std::string, std::string>;  // topic and payload
using messages = std::vector<message>;

/// The other broker's end of the session: QoS 2 as MQTT5 4.3.3 and 4.4 have it. It gives its own messages few
/// identifiers, so that each is used again soon.
class keeping_broker {
 public:
  /// Forwards a message when it comes, or when it is released: both are allowed (MQTT5 4.3.3, figure 4.3).
  explicit keeping_broker(bool forwards_at_once) : forwards_at_once_(forwards_at_once) {}

  void begin_session() {
    present = true;
    subscribed = false;
    received_.clear();
    waiting_.clear();
    under_way_.clear();
  }
  /// A connection goes on with the session.
  void connect() {
    to_bridge.clear();
    for (auto& each : under_way_) each.released ? answer(packet_type::pubrel, each.id) : send(each, true);
  }
  /// Somebody publishes there. False: the bridge does not ask for it yet.
  bool publish(const message& m) {
    if (!subscribed) return false;
    waiting_.push_back(m);
    send_waiting();
    return true;
  }
  void take(const mqtt::packet& p) {
    if (const auto* m = std::get_if<mqtt::publish>(&p)) return on_publish(*m);
    if (const auto* a = std::get_if<mqtt::acknowledgement>(&p)) return on_acknowledgement(*a);
    if (const auto* s = std::get_if<mqtt::subscribe>(&p)) {
      subscribed = true;
      const byte_buffer codes{2};
      put(mqtt::subscription_ack{.packet_id = s->packet_id, .codes = codes});
    }
  }
  [[nodiscard]] bool idle() const { return waiting_.empty() && under_way_.empty() && received_.empty(); }

  bool present = false;
  bool subscribed = false;
  messages forwarded;                 // what came from the bridge
  std::deque<byte_buffer> to_bridge;  // a packet each

 private:
  struct departure {
    mqtt::packet_id id;
    message what;
    bool released = false;
  };

  template <class P>
  void put(const P& packet) {
    encode(mqtt::packet(packet), protocol_version::v5, to_bridge.emplace_back());
  }
  void answer(packet_type with, mqtt::packet_id id, bool known = true) {
    const auto code = known ? reason::success : reason::packet_identifier_not_found;
    put(mqtt::acknowledgement{.type = with, .packet_id = id, .code = code});
  }
  void send(const departure& d, bool again) {
    put(mqtt::publish{.topic = d.what.first,
                      .payload = as_bytes(d.what.second),
                      .packet_id = d.id,
                      .qos = qos::exactly_once,
                      .duplicate = again});
  }
  auto find(mqtt::packet_id id) { return std::ranges::find(under_way_, id, &departure::id); }
  void send_waiting() {
    for (mqtt::packet_id id = 1; id <= 4 && !waiting_.empty(); ++id) {
      if (find(id) != under_way_.end()) continue;
      under_way_.push_back({id, std::move(waiting_.front())});
      waiting_.pop_front();
      send(under_way_.back(), false);
    }
  }
  void on_publish(const mqtt::publish& m) {
    ASSERT_EQ(m.qos, qos::exactly_once);
    const message what{m.topic, as_text(m.payload)};
    const auto [at, fresh] = received_.try_emplace(m.packet_id, what);
    EXPECT_EQ(at->second, what) << "the identifier of a message that was not released";
    if (fresh && forwards_at_once_) forwarded.push_back(what);
    answer(packet_type::pubrec, m.packet_id);
  }
  void on_acknowledgement(const mqtt::acknowledgement& a) {
    if (a.type == packet_type::pubrel) {
      const auto found = received_.extract(a.packet_id);
      if (found && !forwards_at_once_) forwarded.push_back(found.mapped());
      return answer(packet_type::pubcomp, a.packet_id, !found.empty());
    }
    const auto at = find(a.packet_id);
    if (a.type == packet_type::pubrec) {
      if (at != under_way_.end()) at->released = true;
      return answer(packet_type::pubrel, a.packet_id, at != under_way_.end());
    }
    if (at != under_way_.end()) under_way_.erase(at);
    send_waiting();
  }

  bool forwards_at_once_;
  std::map<mqtt::packet_id, message> received_;  // and not released
  std::deque<message> waiting_;
  std::deque<departure> under_way_;
};

class a_bridge_that_is_killed : public a_bridge, public testing::WithParamInterface<std::uint64_t> {
 protected:
  a_bridge_that_is_killed() {
    worker_.waits = true;
    open({{.filter = "up/#", .qos = qos::exactly_once},
          {.filter = "alarm/up/#", .qos = qos::exactly_once},
          {.filter = "down/#", .direction = direction::in, .qos = qos::exactly_once},
          {.filter = "alarm/down/#", .direction = direction::in, .qos = qos::exactly_once}});
  }

  void step() {
    switch (random_.below(14)) {
      case 0: put(random_.below(3) == 0 ? "alarm/up/a" : "up/a", std::to_string(++count_)); break;
      case 1: publish_there(); break;
      case 2:
      case 3:
        if (connected()) (void)core_->pump();
        break;
      case 4:
      case 5:
      case 6: carry_there(); break;
      case 7:
      case 8:
      case 9: carry_here(); break;
      case 10: run_a_job(); break;
      case 11: begin_save(); break;
      case 12: finish_save(); break;
      default:
        if (!connected()) {
          connect_again();
        } else if (random_.below(2) == 0) {
          random_.below(2) == 0 ? kill() : lose_connection();
        }
    }
  }
  /// Nothing goes wrong any more.
  void settle() {
    for (int round = 0; round < 1000; ++round) {
      if (!connected()) connect_again();
      while (!worker_.held.empty()) run_a_job();
      begin_save();
      finish_save();
      while (core_->pump()) {
      }
      while (carry_there() || carry_here()) {
      }
      if (there_.idle() && worker_.held.empty() && core_->state().records_waiting == 0) return;
    }
    FAIL() << "it does not come to an end";
  }

  [[nodiscard]] bool connected() { return far_.connection() != nullptr; }
  void publish_there() {
    const message m{random_.below(3) == 0 ? "alarm/down/a" : "down/a", std::to_string(++count_)};
    if (there_.publish(m)) published_there_.push_back(m);
  }
  void connect_again() {
    if (!there_.present || core_->wants_clean_start()) {
      there_.begin_session();
      far_.connect(*core_, false);
    } else {
      far_.connect(*core_, true);
    }
    there_.connect();
  }
  bool carry_there() {
    if (!connected()) return false;
    auto& output = far_.connection()->output();
    if (output.empty()) return false;
    const auto next = mqtt::next_frame(output, limits::mqtt_packet_bytes_max).value();
    there_.take(mqtt::decode(next.first_byte, next.body, protocol_version::v5).value());
    output.erase(output.begin(), output.begin() + static_cast<std::ptrdiff_t>(next.bytes));
    return true;
  }
  bool carry_here() {
    if (!connected() || there_.to_bridge.empty()) return false;
    const auto packet = std::move(there_.to_bridge.front());
    there_.to_bridge.pop_front();
    EXPECT_EQ(far_.connection()->on_bytes(packet, clock::now()), packet.size());
    return true;
  }
  void run_a_job() {
    if (worker_.held.empty()) return;
    auto [job, done] = std::move(worker_.held.front());
    worker_.held.erase(worker_.held.begin());
    job();
    done();
  }
  void begin_save() {
    if (!saving_) saving_ = core_->to_save(true);
  }
  void finish_save() {
    if (!saving_) return;
    saved_ = *std::exchange(saving_, std::nullopt);
    core_->on_saved(true);
  }
  void lose_connection() { far_.drop(*core_); }
  /// What was on its way to the disk may have come there or not.
  void kill() {
    if (!worker_.held.empty() && random_.below(2) == 0) worker_.held.front().first();
    if (saving_ && random_.below(2) == 0) saved_ = *saving_;
    saving_.reset();
    lose_connection();
    worker_.held.clear();
    core_.reset();
    log_.reset();
    if (random_.below(2) == 0) disk_.crash(random_);
    crash();
  }

  /// The messages in the journal that came by the bridge, or that did not.
  messages in_journal(bool by_bridge) {
    messages out;
    for (const auto l : {lane::alarm, lane::bulk}) {
      journal::reader reader((*log_)[l]);
      while (reader.behind() != 0) {
        EXPECT_TRUE(reader.read(1 << 20, [&](log_offset, const model::record_view& r) {
          const bool came = r.source == "bridge/hub";
          if (r.kind == model::record_kind::message && came == by_bridge) out.emplace_back(r.topic, as_text(r.payload));
        }));
      }
    }
    return out;
  }
  /// Each topic's messages in the order in which they stand.
  static messages by_topic(messages all) {
    std::ranges::stable_sort(all, {}, &message::first);
    return all;
  }

  prng random_{GetParam()};
  keeping_broker there_{GetParam() % 2 == 0};
  std::optional<byte_buffer> saving_;
  messages published_there_;
  int count_ = 0;
};

TEST_P(a_bridge_that_is_killed, carries_each_message_once_and_in_order) {
  for (int i = 0; i < 800 && !HasFailure(); ++i) step();
  settle();
  EXPECT_EQ(by_topic(there_.forwarded), by_topic(in_journal(false)));
  EXPECT_EQ(by_topic(in_journal(true)), by_topic(published_there_));
  EXPECT_GT(there_.forwarded.size(), 10U);
  EXPECT_GT(published_there_.size(), 10U);
}

INSTANTIATE_TEST_SUITE_P(seeds, a_bridge_that_is_killed, testing::Range<std::uint64_t>(0, 100));

}  // namespace
}  // namespace perigee::readers::bridge
