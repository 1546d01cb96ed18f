#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "doors/mqtt/detail/change_log.hpp"
#include "doors/mqtt/detail/meters.hpp"
#include "doors/mqtt/detail/queue.hpp"
#include "doors/mqtt/detail/receipts.hpp"
#include "doors/mqtt/detail/shared_packets.hpp"
#include "doors/mqtt/ports.hpp"
#include "doors/mqtt/retained.hpp"
#include "doors/mqtt/trace.hpp"
#include "wire/mqtt/send_window.hpp"
#include "wire/mqtt/server_connection.hpp"

namespace perigee::doors::mqtt {

class link;

namespace detail {

struct saved_session;
class share;

using offsets = std::array<log_offset, model::lane_count>;

struct subscription_entry {
  wire::mqtt::qos qos = wire::mqtt::qos::at_most_once;
  bool no_local = false;
  bool retain_as_published = false;
  bool shared = false;           // its filter is `$share/...`: the share has its messages
  std::uint32_t identifier = 0;  // 0: none
  offsets since{};               // messages before these were there before the subscription
};

/// One message on its way out. Views last for the call.
struct message {
  std::string_view topic;
  byte_view payload;
  byte_view properties;
  wire::mqtt::qos qos = wire::mqtt::qos::at_most_once;
  bool retain = false;
  std::string_view source;
  timestamp arrival{};
  std::optional<journal_place> stored{};  // none: it goes out with QoS 0, for nothing could send it again
  std::uint64_t sender = 0;               // the number of the session that it came from; 0: its source says it
  std::string_view only_for{};            // the client identifier of the one session that gets it; empty: all
};

/// How a session is to get a message: the sum of its subscriptions that cover it (MQTT5 3.3.4).
struct grant {
  wire::mqtt::qos qos = wire::mqtt::qos::at_most_once;
  bool retain = false;
  std::span<const std::uint32_t> identifiers{};
  std::uint32_t share = 0;  // the number of the one that it comes by; 0: none
};

class session;

/// What every session needs of the broker.
struct delivery_context {
  log_port& log;
  broker_host& host;
  const retained_store& retained;
  meters& count;
  queue_bound queue{};
  moment now{};
  offsets routed{};          // live messages before these have been offered to every session
  byte_buffer properties{};  // scratch
  change_log changes{};
  std::vector<session*> awaiting_save{};    // to be pumped then
  std::vector<session*> awaiting_commit{};  // likewise
  std::vector<share*> shares_awaiting_commit{};
  shared_packets packets{};  // of the message that is being offered
};

/// What a session has seen since it began or the node started, for whoever operates the broker.
struct session_traffic {
  std::uint64_t received = 0;  // messages
  std::uint64_t received_bytes = 0;
  std::uint64_t sent = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t dropped = 0;  // as meters::dropped
};

struct stored_will {
  std::string topic;
  byte_buffer payload;
  byte_buffer properties;
  wire::mqtt::qos qos = wire::mqtt::qos::at_most_once;
  bool retain = false;
  std::uint32_t delay_s = 0;
};

/// What the broker knows of one client, beyond its connection (MQTT5 4.1): subscriptions, what is in flight, and how
/// far it has come. There is no queue: a session that cannot take a message now remembers the place in the journal and
/// goes on from there (promise P6), so that a client that was away a day costs the same as one that was never away.
/// Owned by the broker, on its shard; ends with its connection or when its expiry has passed.
class session {
 public:
  /// `number` tells it from every other session, one of the same client before it included: 1 to 2^48 - 1.
  session(std::string client_id, std::string name, std::uint64_t number);

  [[nodiscard]] const std::string& client_id() const { return client_id_; }
  /// As client_identity has it. Only the same name may resume the session.
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& source() const { return source_ ? *source_ : name_.empty() ? client_id_ : name_; }
  [[nodiscard]] std::uint64_t number() const { return number_; }
  /// What its records carry as delivery (docs/formats/record.md) where their source does not tell it from others of the
  /// same certificate; else 0.
  [[nodiscard]] std::uint64_t signature() const;
  /// MQTT-3.8.3-3 speaks of the publishing connection's client identifier.
  [[nodiscard]] bool has_sent(const message& m) const {
    return m.sender != 0 ? m.sender == number_ : m.source == source();
  }

  void attach(link& to);
  /// From now on it stands where the live messages are and falls behind.
  void detach(delivery_context& c);
  [[nodiscard]] link* attached() const { return link_; }

  /// A live message. What cannot go out now is found again by `pump`.
  void offer(delivery_context& c, const message& m, const grant& g);
  /// Its client's policy lets it have messages of that topic. True while it is away: there is nobody to ask.
  [[nodiscard]] bool may_receive(std::string_view topic) const;
  /// A message of a shared subscription. False where it cannot go out now: then another may have it.
  [[nodiscard]] bool take_shared(delivery_context& c, const message& m, const grant& g);
  /// visit(where) for each message that came by this share and goes to another if the session ends (MQTT-4.8.2-5).
  void for_each_to_hand_on(std::uint32_t share, function_ref<void(const journal_place&)> visit) const;
  std::vector<share*> shares;  // that it is a member of; the broker's
  /// Sends what can be sent of what waits: messages in flight from before, retained ones, those it fell behind with.
  /// True where it stopped only to let others have their turn.
  [[nodiscard]] bool pump(delivery_context& c);
  /// PUBACK.
  /// A PUBACK, PUBREC or PUBCOMP that is not the next step of what is in flight under the identifier
  /// (MQTT5 4.3.2, 4.3.3).
  [[nodiscard]] bool contradicts(wire::mqtt::packet_type answer, wire::mqtt::packet_id id) const;
  void on_acknowledged(delivery_context& c, wire::mqtt::packet_id id);
  /// PUBREC.
  void on_received(delivery_context& c, wire::mqtt::packet_id id, wire::mqtt::reason code);
  /// PUBCOMP.
  void on_completed(delivery_context& c, wire::mqtt::packet_id id);

  using subscriptions = std::map<std::string, subscription_entry, std::less<>>;
  [[nodiscard]] const subscriptions& all() const { return subscriptions_; }
  [[nodiscard]] const subscription_entry* find(std::string_view filter) const;
  /// The entry stays where it is until it is removed. True where the filter is new.
  std::pair<const subscription_entry*, bool> subscribe(std::string_view filter, const subscription_entry& entry);
  bool unsubscribe(std::string_view filter);
  void send_retained(std::string_view filter);

  /// It is not as it was saved: it is in the change log, to be looked at with the next save.
  void changed(delivery_context& c);
  /// It outlasts its connection, or has something to say after it.
  [[nodiscard]] bool is_kept() const { return expiry_s != 0 || will.has_value(); }
  /// What a restart needs of it. From then on its next change is noted again.
  [[nodiscard]] saved_session save(delivery_context& c);
  /// After a save: some of it waits for the next.
  void await_rest(delivery_context& c);
  /// It has no entry any more, or never had one.
  void not_saved() { saved = noted_ = false; }
  /// As it was saved. False where that cannot be.
  [[nodiscard]] bool resume(const saved_session& from);
  /// What it was sent, or is to be told again, from the place on is another journal's.
  void go_back(delivery_context& c, model::lane l, log_offset to);

  /// Messages of QoS 1 sent and not acknowledged.
  [[nodiscard]] std::size_t messages_in_flight() const { return window_.in_flight(); }
  /// Messages that wait for it, those in flight not counted. Nothing while that is not known: a restart forgets it, and
  /// only where there is a bound are they counted again, when the client comes.
  [[nodiscard]] std::optional<std::uint64_t> messages_waiting(const queue_bound& bound) const;
  /// Records between where it stands and the live messages, of all lanes: what it may still have to be told.
  [[nodiscard]] std::uint64_t behind_records(const offsets& routed) const;

  detail::receipts receipts;  // of what it publishes with QoS 2
  bool saved = false;         // the state has an entry of it
  bool awaits_save = false;   // it is in the context's list
  bool awaits_commit = false;
  std::uint32_t expiry_s = 0;
  timestamp expires{};  // while detached
  std::optional<stored_will> will;
  std::optional<timestamp> will_due;
  std::uint64_t routing_mark = 0;  // the broker's, while it gathers who gets a message
  std::size_t routing_place = 0;
  session_traffic traffic;
  timestamp connected_since{};  // while attached
  departure left;

 private:
  enum class outcome : std::uint8_t { done, wait };
  enum class stage : std::uint8_t {
    queued,    // its PUBLISH has not gone out
    sent,      // PUBACK or PUBREC is due
    received,  // PUBREC came, and is not saved
    released,  // PUBREL went out, or is due on the next connection
  };
  struct in_flight {
    journal_place where;
    std::uint32_t share = 0;
    wire::mqtt::qos qos = wire::mqtt::qos::at_least_once;
    stage at = stage::sent;
    bool retained = false;
  };
  /// A packet identifier that the state must hold before its next packet goes out.
  struct unsaved {
    wire::mqtt::packet_id id = 0;
    std::uint64_t revision = 0;
    std::string retained_topic{};  // a retained message is sent from the store: the journal may not have it any more
  };
  struct standing {
    place at{};
    std::unique_ptr<queue> waiting{};  // none: it stands at the live messages

    [[nodiscard]] bool behind() const { return waiting != nullptr; }
    void fall_behind(place from) {
      at = from;
      waiting = std::make_unique<queue>();
    }
  };
  struct sweep {
    std::string filter;
    std::optional<std::string> after{};
  };

  outcome deliver(delivery_context& c, const message& m, const grant& g);
  outcome send_stored(delivery_context& c, wire::mqtt::publish& out, const message& m, std::uint32_t share);
  bool send(delivery_context& c, const wire::mqtt::publish& out, bool shared = false);
  void await_commit(delivery_context& c);
  std::optional<byte_view> outgoing_properties(delivery_context& c, const message& m, const grant& g);
  outcome send_again(delivery_context& c);
  void send_one_again(delivery_context& c, wire::mqtt::packet_id id, in_flight& what);
  void send_saved_releases(delivery_context& c);
  outcome send_saved(delivery_context& c);
  bool send_run(delivery_context& c, std::size_t& next);
  void send_in_flight(delivery_context& c, wire::mqtt::packet_id id, in_flight& what, const message& m);
  void send_retained_now(delivery_context& c, const unsaved& one, in_flight& what);
  [[nodiscard]] in_flight* queued_at(std::size_t n, std::uint64_t up_to);
  void finish(delivery_context& c, wire::mqtt::packet_id id);
  void wait_for_save(delivery_context& c);
  void give_up(delivery_context& c, wire::mqtt::packet_id id, in_flight& what);
  void release(delivery_context& c, wire::mqtt::packet_id id, in_flight& what);
  [[nodiscard]] bool is_saved_first(const delivery_context& c) const { return c.changes.kept && expiry_s != 0; }
  [[nodiscard]] bool link_takes_more() const;
  [[nodiscard]] bool nothing_waits() const;
  outcome sweep_retained(delivery_context& c);
  outcome catch_up(delivery_context& c, model::lane l, std::size_t& budget_bytes);
  bool count_waiting(delivery_context& c, model::lane l, std::size_t& budget_bytes);
  bool read_missed(delivery_context& c, model::lane l, std::size_t& budget_bytes, bool& waits);
  void count_again();
  [[nodiscard]] log_offset first_wanted(model::lane l, log_offset live) const;
  outcome offer_again(delivery_context& c, model::lane l, place at, const model::record_view& r);
  outcome offer_first(delivery_context& c, queue& waiting, const message& m, const grant& g);
  std::optional<grant> missed_grant(const message& m);
  std::optional<grant> grant_for(const message& m);
  grant grant_by_share(std::uint32_t number);
  [[nodiscard]] bool has_room() const;
  void count_dropped(delivery_context& c);

  std::string client_id_;
  std::string name_;
  std::unique_ptr<const std::string> source_;  // of a user, who may have many clients, each with its own stamps
  std::uint64_t number_;
  link* link_ = nullptr;
  subscriptions subscriptions_;
  wire::mqtt::send_window<in_flight> window_;
  std::uint16_t unacknowledged_ = 0;  // sent on this connection
  std::vector<unsaved> to_publish_;   // of QoS 2, in the order of their identifiers
  std::vector<unsaved> to_release_;
  bool noted_ = false;                        // in the change log
  std::vector<wire::mqtt::packet_id> again_;  // in flight from before this connection, newest first
  std::array<standing, model::lane_count> lanes_;
  std::vector<sweep> sweeps_;
  std::vector<std::uint32_t> identifiers_;  // scratch of grant_for
};

constexpr std::size_t index(model::lane l) { return static_cast<std::size_t>(l); }

[[nodiscard]] message message_of(const model::record_view& r, model::lane l, place at);

}  // namespace detail
}  // namespace perigee::doors::mqtt
