#pragma once
// What the bridge's tests share: a journal in memory on one side, a broker that the test plays packet by packet on the
// other.

#include "readers/bridge/core.hpp"

#include <gtest/gtest.h>

#include <format>

#include "base/limits.hpp"
#include "io/memory_disk.hpp"
#include "io/shard.hpp"
#include "readers/bridge/via.hpp"
#include "wire/mqtt/framer.hpp"
#include "wire/mqtt/node_property.hpp"

namespace perigee::readers::bridge {
using namespace std::chrono_literals;
using model::lane;
using wire::mqtt::packet_type;
using wire::mqtt::protocol_version;
using wire::mqtt::qos;
using wire::mqtt::reason;
using lines = std::vector<std::string>;
namespace mqtt = wire::mqtt;

/// Runs jobs when told to: what is appended is not committed before.
class patient_worker final : public io::worker {
 public:
  void submit(work job, work done) override {
    if (!waits) {
      job();
      return done();
    }
    held.emplace_back(std::move(job), std::move(done));
  }
  void run() {
    for (auto& [job, done] : std::exchange(held, {})) {
      job();
      done();
    }
  }

  bool waits = false;
  std::vector<std::pair<work, work>> held;
};

inline std::string line_of(const mqtt::publish& p) {
  std::string out = std::format("{}={} q{}", p.topic, as_text(p.payload), static_cast<int>(p.qos));
  if (p.packet_id != 0) out += std::format(" #{}", p.packet_id);
  if (p.retain) out += " retain";
  if (p.duplicate) out += " dup";
  return out;
}

inline std::string line_of(const mqtt::packet& p) {
  if (const auto* message = std::get_if<mqtt::publish>(&p)) return line_of(*message);
  if (const auto* a = std::get_if<mqtt::acknowledgement>(&p)) {
    constexpr std::string_view names[] = {"puback", "pubrec", "pubrel", "pubcomp"};
    return std::format("{} #{}", names[static_cast<int>(a->type) - 4], a->packet_id);
  }
  if (const auto* request = std::get_if<mqtt::subscribe>(&p)) {
    mqtt::subscription_reader reader(*request);
    mqtt::subscription s;
    (void)reader.next(s);
    return std::format("subscribe {} q{}{}", s.filter, static_cast<int>(s.qos), s.no_local ? " no-local" : "");
  }
  if (std::holds_alternative<mqtt::unsubscribe>(p)) return "unsubscribe";
  return "other";
}

/// The other broker, and the connection to it.
class far_end final : public link_port {
 public:
  mqtt::client_connection* connection() override { return connection_.get(); }
  void flush() override {}
  void wake() override {}
  void hang_up() override { hung_up = true; }

  void connect(core& with, bool session_present, byte_view properties = {}) {
    hung_up = false;
    connection_ =
        std::make_unique<mqtt::client_connection>(with, mqtt::client_options{.session = &with.session()}, clock::now());
    connection_->open({.version = version, .clean_start = with.wants_clean_start(), .client_id = "b"});
    connection_->output().clear();
    feed(mqtt::connack{.session_present = session_present, .properties = properties});
  }
  void drop(core& with) {
    if (connection_) connection_->on_end();
    connection_.reset();
    with.on_disconnected();
  }

  template <class P>
  void feed(const P& packet) {
    byte_buffer bytes;
    encode(mqtt::packet(packet), version, bytes);
    (void)connection_->on_bytes(bytes, clock::now());
  }
  void answer(packet_type with, mqtt::packet_id id, reason code = reason::success) {
    feed(mqtt::acknowledgement{.type = with, .packet_id = id, .code = code});
  }
  void grant(mqtt::packet_id id) {
    const byte_buffer codes{1};
    feed(mqtt::subscription_ack{.packet_id = id, .codes = codes});
  }
  /// What came since the last call.
  lines heard() {
    lines out;
    const auto bytes = std::exchange(connection_->output(), {});
    byte_view rest(bytes);
    while (!rest.empty()) {
      const auto next = mqtt::next_frame(rest, limits::mqtt_packet_bytes_max).value();
      const auto p = mqtt::decode(next.first_byte, next.body, version).value();
      out.push_back(line_of(p));
      if (const auto* message = std::get_if<mqtt::publish>(&p)) last_properties = to_buffer(message->properties);
      rest = rest.subspan(next.bytes);
    }
    return out;
  }

  protocol_version version = protocol_version::v5;
  bool hung_up = false;
  byte_buffer last_properties;

 private:
  std::unique_ptr<mqtt::client_connection> connection_;
};

class a_bridge : public testing::Test {
 protected:
  a_bridge() {
    clock::install(time_);
    open_journal();
    aside_ =
        std::move(quarantine::keeper::open(disk_, keeper_worker_, {"q/records", perigee::epoch(9), metrics_}).value());
  }
  ~a_bridge() override { core_.reset(); }

  void open_journal() {
    log_.reset();
    ++lives_;
    journal::options chosen{.folder = "j",
                            .node = "fog-1",
                            .new_epoch = perigee::epoch(lives_),
                            .new_life = perigee::epoch(lives_),
                            .disk_free_min = 0,
                            .metrics = metrics_};
    journal::recovery_report found;
    log_ = std::move(journal::journal::open(disk_, worker_, chosen, found).value());
  }
  void open(std::vector<topic_rule> rules) {
    rules_ = std::move(rules);
    core_options options{
        .name = "hub",
        .node = "fog-1",
        .peer = "mqtt://hub:1883",
        .topics = rules_,
        .payload_bytes_max = payload_max_,
        .lane_of = [](std::string_view t) { return t.starts_with("alarm") ? lane::alarm : lane::bulk; },
        .aside = aside_.get(),
        .metrics = &metrics_};
    core_ = std::move(core::open(*log_, far_, std::move(options), saved_).value());
    while (!core_->recall().value()) worker_.run();
  }
  /// As after a SIGKILL: what was saved is there, and nothing else.
  void crash() {
    core_.reset();
    open_journal();
    open(rules_);
  }
  void connect(bool session_present = false, byte_view properties = {}) {
    far_.connect(*core_, session_present, properties);
    save();
  }
  /// Until there is nothing to save that something waits for.
  void save() {
    while (auto bytes = core_->to_save()) {
      saved_ = *bytes;
      core_->on_saved(true);
    }
  }
  void pass(nanoseconds d) { time_.advance_to(clock::now() + d); }

  lines sent() {
    while (core_->pump()) {
    }
    return far_.heard();
  }
  void put(std::string_view topic, std::string_view payload, model::record_view r = {}) {
    r.lane = topic.starts_with("alarm") ? lane::alarm : lane::bulk;
    r.topic = topic;
    r.payload = as_bytes(payload);
    if (r.source.empty()) r.source = "press-4";
    if (r.arrival.ns == 0) r.arrival = clock::wall();
    ASSERT_TRUE(log_->append(r));
  }
  /// What stands in the journal, as "topic=payload source".
  lines stored() {
    lines out;
    for (const auto l : {lane::alarm, lane::event, lane::bulk}) {
      journal::reader reader((*log_)[l]);
      while (reader.behind() != 0) {
        EXPECT_TRUE(reader.read(1 << 20, [&](log_offset, const model::record_view& r) {
          if (r.kind != model::record_kind::message) return;
          out.push_back(std::format("{}={} {}{}", r.topic, as_text(r.payload), r.source, r.retain ? " retain" : ""));
        }));
      }
    }
    return out;
  }
  void receive(std::string_view topic, std::string_view payload, mqtt::publish p = {}) {
    p.topic = topic;
    p.payload = as_bytes(payload);
    far_.feed(p);
  }

  io::virtual_time time_;
  io::memory_disk disk_;
  patient_worker worker_;
  patient_worker keeper_worker_;
  metrics::registry metrics_;
  std::unique_ptr<journal::journal> log_;
  std::unique_ptr<quarantine::keeper> aside_;
  far_end far_;
  std::unique_ptr<core> core_;
  std::vector<topic_rule> rules_;
  byte_buffer saved_;
  std::uint32_t payload_max_ = 0;
  std::uint64_t lives_ = 0;
};

inline const std::vector<topic_rule> everything_out{{.filter = "#"}};
inline const std::vector<topic_rule> everything_out_once{{.filter = "#", .qos = qos::exactly_once}};
inline const std::vector<topic_rule> everything_in{
    {.filter = "down/#", .direction = direction::in, .qos = qos::exactly_once}};

}  // namespace perigee::readers::bridge
