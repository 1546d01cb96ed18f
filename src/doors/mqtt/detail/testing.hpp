#pragma once
// A log in memory whose commits a test calls, and clients that talk to a broker without a network.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "doors/mqtt/broker.hpp"
#include "wire/mqtt/client_connection.hpp"

namespace perigee::doors::mqtt::testing {

class memory_log final : public log_port {
 public:
  result<log_offset> append(const model::record_view& r) override {
    if (refuses != errc::ok) return fail(refuses, "the test says so");
    auto& in = lanes_[static_cast<std::size_t>(r.lane)];
    in.records.emplace_back(r);
    return log_offset(in.records.size() - 1);
  }
  log_offset staged(model::lane l) const override { return log_offset(of(l).records.size()); }
  log_offset acknowledged(model::lane l) const override { return at_once ? staged(l) : committed(l); }
  bool acknowledges_at_once(model::lane) const override { return at_once; }
  journal::staging_level staging() const override { return level; }
  log_offset committed(model::lane l) const override { return log_offset(of(l).committed); }
  const journal::lineage& lives() const override { return lives_; }
  result<place> read(const read_request& what, visitor visit) override {
    ++reads;
    const auto& in = of(what.lane);
    auto at = what.from.offset.value();
    for (std::size_t bytes = 0; at < in.committed && bytes < what.bytes_max; ++at) {
      const auto view = in.records[at].view();
      bytes += view.payload.size() + 50;
      if (!visit({log_offset(at), 0}, view)) break;
    }
    return place{log_offset(at), 0};
  }

  memory_log() { begin_life(epoch(8)); }
  /// As an opening of the journal does.
  void begin_life(epoch life) {
    for (std::size_t i = 0; i < model::lane_count; ++i) {
      lives_.lanes[i].begin(life, staged(static_cast<model::lane>(i)));
    }
  }
  void commit() {
    for (auto& one : lanes_) one.committed = one.records.size();
  }
  /// As a kill does.
  void lose_uncommitted() {
    for (auto& one : lanes_) one.records.resize(one.committed);
  }
  void commit(model::lane l) { lanes_[static_cast<std::size_t>(l)].committed = of(l).records.size(); }
  [[nodiscard]] const std::vector<model::record>& records(model::lane l = model::lane::bulk) const {
    return of(l).records;
  }

  errc refuses = errc::ok;
  bool at_once = false;  // its durability is `memory`
  journal::staging_level level = journal::staging_level::low;
  std::uint64_t reads = 0;

 private:
  struct lane_records {
    std::vector<model::record> records;
    std::size_t committed = 0;
  };
  [[nodiscard]] const lane_records& of(model::lane l) const { return lanes_[static_cast<std::size_t>(l)]; }

  journal::lineage lives_{epoch(7), {}};
  lane_records lanes_[model::lane_count];
};

class memory_state final : public state_port {
 public:
  result<> apply(const state_change& change) override {
    for (const auto& each : change) {
      const std::pair key(each.kind, each.key);
      if (each.body.empty()) {
        entries.erase(key);
      } else {
        entries[key] = each.body;
      }
    }
    return {};
  }
  result<> load(visitor visit) override {
    for (const auto& [key, body] : entries) PG_TRY_VOID(visit(key.first, key.second, body));
    return {};
  }
  [[nodiscard]] std::size_t count(state_kind kind) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(entries, [kind](const auto& each) { return each.first.first == kind; }));
  }

  std::map<std::pair<state_kind, byte_buffer>, byte_buffer> entries;
};

/// A broker over a memory_log, with a clock that the test moves.
class site final : private broker_host {
 public:
  explicit site(broker_options options = {}) : core(log, *this, registry, std::move(options)) {}

  void commit() {
    log.commit();
    core.on_commit(now);
    settle();
  }
  void settle() {
    for (;;) {
      if (saves_at_once && std::exchange(state_awaited, false)) {
        save();
      } else if (!std::exchange(work_, false)) {
        return;
      } else {
        core.work(now);
      }
    }
  }
  void save() {
    const auto revision = core.revision();
    ASSERT_TRUE(state.apply(core.take_changes()));
    core.on_saved(revision, now);
  }
  /// As after a kill: what was neither committed nor saved is gone.
  void take_over(const site& before) {
    log = before.log;
    log.lose_uncommitted();
    state = before.state;
    now = before.now;
    ASSERT_TRUE(core.restore(state, now));
    while (core.catching_up()) core.work(now);
    settle();
  }
  void pass(nanoseconds time) {
    now.mono += time;
    now.wall = now.wall + time;
    core.on_tick(now);
  }

  memory_log log;
  metrics::registry registry;
  moment now{clock::time_point(std::chrono::hours(1)), {1'700'000'000'000'000'000}};
  memory_state state;
  broker core;
  bool saves_at_once = true;
  bool state_awaited = false;

 private:
  void work_waits() override { work_ = true; }
  void state_waits() override { state_awaited = true; }

  bool work_ = false;
};

struct client_terms {
  bool clean_start = true;
  std::uint32_t session_expiry_s = 0;
  std::uint16_t receive_maximum = 0;
  bool hold_acks = false;
  std::optional<wire::mqtt::will_message> will{};
  link_options link{.name = {}, .address = "test", .anonymous = true};
};

/// An MQTT 5 client on a link, byte for byte.
class client final : private wire::mqtt::client_handler, private transport {
 public:
  bool hold_acks;
  bool session_present = false;
  int subscribed = 0;  // and unsubscribed
  std::string assigned_id;

  client(site& at, std::string_view id, const client_terms& terms = {})
      : hold_acks(terms.hold_acks),
        site_(at),
        link_(at.core.attach(*this, terms.link, at.now)),
        connection_(*this, options_of(terms), at.now.mono) {
    byte_buffer properties;
    wire::mqtt::property_writer out(properties);
    if (terms.session_expiry_s != 0) {
      out.number(wire::mqtt::property_id::session_expiry_interval, terms.session_expiry_s);
    }
    wire::mqtt::connect hello;
    hello.client_id = id;
    hello.clean_start = terms.clean_start;
    hello.will = terms.will;
    hello.properties = properties;
    connection_.open(hello);
    exchange();
  }

  /// Moves bytes both ways until there are none.
  void exchange() {
    for (;;) {
      const auto up = std::exchange(connection_.output(), {});
      if (!up.empty()) (void)link_->on_bytes(up, site_.now);
      byte_buffer down;
      link_->take_output(down);
      if (!down.empty()) (void)connection_.on_bytes(down, site_.now.mono);
      link_->on_written(site_.now);
      site_.settle();
      if (up.empty() && down.empty()) return;
    }
  }
  void subscribe(std::string_view filter, wire::mqtt::qos qos = wire::mqtt::qos::at_least_once) {
    ASSERT_TRUE(connection_.subscribe({.filter = filter, .qos = qos}));
    exchange();
  }
  void unsubscribe(std::string_view filter) {
    ASSERT_TRUE(connection_.unsubscribe(filter));
    exchange();
  }
  void publish(std::string_view topic, std::string_view payload, wire::mqtt::qos qos = wire::mqtt::qos::at_least_once,
               bool retain = false, byte_view properties = {}) {
    wire::mqtt::publish message;
    message.topic = topic;
    message.payload = as_bytes(payload);
    message.qos = qos;
    message.retain = retain;
    message.properties = properties;
    ASSERT_TRUE(connection_.publish(message, ++published_));
    exchange();
  }
  void disconnect(wire::mqtt::reason code = wire::mqtt::reason::success) {
    connection_.disconnect(code);
    exchange();
  }
  /// The cable is cut.
  void lose() { link_->on_end(site_.now); }
  /// Sends the PUBACKs that were held.
  void acknowledge_held() {
    for (const auto id : std::exchange(held_, {})) connection_.ack(id);
    exchange();
  }
  [[nodiscard]] std::vector<std::string> heard() { return std::exchange(heard_, {}); }
  [[nodiscard]] link& end() { return *link_; }
  [[nodiscard]] wire::mqtt::client_connection& connection() { return connection_; }

 private:
  static wire::mqtt::client_options options_of(const client_terms& terms) {
    wire::mqtt::client_options out;
    if (terms.receive_maximum != 0) out.receive_maximum = terms.receive_maximum;
    return out;
  }
  void on_connected(const wire::mqtt::connack& answer) override {
    session_present = answer.session_present;
    if (const auto id = find_property(answer.properties, wire::mqtt::property_id::assigned_client_identifier)) {
      assigned_id = id->text;
    }
  }
  void on_message(const wire::mqtt::publish& m) override {
    auto line = std::string(m.topic) + " " + std::string(as_text(m.payload));
    if (m.duplicate) line += " dup";
    if (m.retain) line += " retained";
    if (const auto s = find_number(m.properties, wire::mqtt::property_id::message_expiry_interval)) {
      line += " expires " + std::to_string(*s);
    }
    heard_.push_back(std::move(line));
    if (m.qos == wire::mqtt::qos::at_most_once) return;
    if (hold_acks) {
      held_.push_back(m.packet_id);
    } else {
      connection_.ack(m.packet_id);
    }
  }
  void on_acknowledged(std::uint64_t tag, wire::mqtt::reason code) override {
    heard_.push_back("ack " + std::to_string(tag) +
                     (code == wire::mqtt::reason::success ? "" : " " + std::string(name_of(code))));
  }
  void on_subscribed(wire::mqtt::packet_id, byte_view codes) override {
    ++subscribed;
    for (const auto code : codes) {
      if (code >= 0x80) heard_.push_back("refused " + std::string(name_of(static_cast<wire::mqtt::reason>(code))));
    }
  }
  void on_closed(wire::mqtt::reason code, const char*) override {
    heard_.push_back("closed " + std::string(name_of(code)));
  }
  void wake() override {}

  site& site_;
  std::unique_ptr<link> link_;
  wire::mqtt::client_connection connection_;
  std::vector<std::string> heard_;
  std::vector<wire::mqtt::packet_id> held_;
  std::uint64_t published_ = 0;
};

}  // namespace perigee::doors::mqtt::testing
