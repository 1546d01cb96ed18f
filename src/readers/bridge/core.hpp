#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/metrics.hpp"
#include "base/time.hpp"
#include "client/drain_rate.hpp"
#include "client/link_state.hpp"
#include "journal/journal.hpp"
#include "quarantine/keeper.hpp"
#include "readers/bridge/inbox.hpp"
#include "readers/bridge/outbox.hpp"
#include "readers/bridge/state.hpp"
#include "readers/bridge/topic_map.hpp"
#include "wire/mqtt/client_connection.hpp"

namespace perigee::readers::bridge {

/// The connection as the core sees it. Owned by the bridge, or a test.
class link_port {
 public:
  virtual ~link_port() = default;
  /// Null between connections.
  [[nodiscard]] virtual wire::mqtt::client_connection* connection() = 0;
  /// Something is in the connection's output, or it goes on reading.
  virtual void flush() = 0;
  /// There may be something for `pump` and `to_save`.
  virtual void wake() = 0;
  /// Ends the connection; another is made after a pause.
  virtual void hang_up() = 0;
};

struct core_options {
  std::string name;  // [a-z0-9._-]: also of its cursors
  std::string node;
  std::string peer;  // for link_state
  std::vector<topic_rule> topics;
  bool persistent = true;               // the other broker keeps the session while the bridge is away
  std::uint32_t payload_bytes_max = 0;  // larger ones are set aside; 0: what the other broker says in MQTT 5
  std::function<model::lane(std::string_view topic)> lane_of;  // of what comes in
  quarantine::keeper* aside = nullptr;                         // outlives the core
  metrics::registry* metrics = nullptr;                        // outlives the core
};

/// A bridge to another broker, without IO. Out: a position in each lane of the journal, moved when the other broker has
/// acknowledged (PUBACK, PUBCOMP). In: what is subscribed to there becomes records, acknowledged when they are durable.
/// What the other broker refuses is set aside in quarantine and the bridge goes on (promise P7). Owned by the bridge,
/// on the journal's shard; outlives its connections.
class core final : public wire::mqtt::client_handler {
 public:
  /// `saved`: what to_save gave last; empty for a new bridge. One that is of no use is put aside with a word in the
  /// log: the bridge goes on from its cursors.
  static result<std::unique_ptr<core>> open(journal::journal& log, link_port& link, core_options options,
                                            byte_view saved);
  ~core() override;

  /// The session to connect with.
  [[nodiscard]] wire::mqtt::client_session& session() { return session_; }
  /// The other broker must forget the session it may have: nothing is known of the QoS 2 messages in it.
  [[nodiscard]] bool wants_clean_start() const { return clean_start_; }

  /// Reads in the journal what a crash left to know. False: call again after a commit. No connection is made before it
  /// is true.
  [[nodiscard]] result<bool> recall();
  void on_disconnected();
  /// Answers and sends what can be, one slice; true where there is more to do at once. After each commit, each event
  /// and in between.
  bool pump();
  /// About ten times a second.
  void tick();
  /// What to write to the bridge's file now, if anything; then `on_saved`, before it gives something again.
  [[nodiscard]] std::optional<byte_buffer> to_save(bool at_once = false);
  void on_saved(bool worked);

  [[nodiscard]] client::link_state state();
  /// Made since the start.
  [[nodiscard]] std::uint64_t connections() const { return link_state_.sequence; }

  void on_connected(const wire::mqtt::connack& answer) override;
  void on_message(const wire::mqtt::publish& message) override;
  bool on_release(wire::mqtt::packet_id id) override;
  bool on_received(wire::mqtt::packet_id id, std::uint64_t tag) override;
  void on_acknowledged(std::uint64_t tag, wire::mqtt::reason code) override;
  void on_subscribed(wire::mqtt::packet_id id, byte_view codes) override;
  void on_closed(wire::mqtt::reason code, const char* what) override;

 private:
  struct lane_end {
    std::unique_ptr<journal::cursor> kept;  // holds back retention up to what is saved
    outbox out;
  };
  struct meters {
    metrics::counter& sent;
    metrics::counter& received;
    metrics::counter& refused;
    metrics::counter& expired;
    metrics::counter& dropped;
  };

  core(journal::journal& log, link_port& link, core_options options);
  void restore(byte_view saved);
  void start_anew();
  [[nodiscard]] outbox& out(model::lane l) { return ends_[static_cast<std::size_t>(l)]->out; }
  void answer_due();
  bool send_lane(model::lane l);
  /// How many messages may be under way.
  [[nodiscard]] std::size_t in_flight_max() const;
  void send(model::lane l, const departing& next);
  /// Those of MQTT 5 that go along, in `properties_`. False: the message has expired.
  [[nodiscard]] bool properties_of(const model::record& r);
  /// Takes what is not sent, and its number and identifier with it.
  std::uint64_t take_unsent(model::lane l);
  void set_aside(model::lane l, std::uint64_t number, const departing& what, std::string_view why);
  void finish(model::lane l, std::uint64_t number);
  void retry(const quarantine::kept_record& what, quarantine::keeper::outcome done);
  void retried(std::uint64_t tag, wire::mqtt::reason code);
  void subscribe();
  void begin_again(std::size_t stream);
  void refuse_in(const wire::mqtt::publish& message, std::string_view topic, std::string_view why);
  void wait_for_room(const error& why);

  journal::journal& log_;
  link_port& link_;
  core_options options_;
  topic_map topics_;
  bool sends_once_ = false;  // with QoS 2
  kept_back kept_;
  inbox in_;
  std::array<std::unique_ptr<lane_end>, model::lane_count> ends_;
  wire::mqtt::client_session session_;
  client::link_state link_state_;
  client::drain_rate drained_;
  meters count_;
  std::vector<std::string> subscribed_;                               // in the session that the other broker keeps
  std::vector<std::pair<wire::mqtt::packet_id, std::string>> asked_;  // SUBACKs that are due
  byte_buffer properties_;
  std::map<std::uint64_t, quarantine::keeper::outcome> retries_;  // by tag; bounded by what is in flight
  std::uint64_t next_retry_ = 0;
  bool clean_start_ = false;
  bool new_session_ = false;  // and nothing is sent or asked for in it before it is saved that the old one is lost
  bool session_present_ = false;
  // What came found no room in the journal: since when nothing is read, then until when nothing is taken.
  std::optional<clock::time_point> held_since_;
  std::optional<clock::time_point> deaf_until_;
  std::optional<bridge_state> saving_;
  bool outdated_ = false;  // `saving_` is of a session that is lost since
  byte_buffer saved_;
  clock::time_point save_due_{};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what quarantine answers later
};

}  // namespace perigee::readers::bridge
