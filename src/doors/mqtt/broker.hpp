#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "base/metrics.hpp"
#include "base/random.hpp"
#include "doors/mqtt/detail/live_ranges.hpp"
#include "doors/mqtt/detail/session.hpp"
#include "doors/mqtt/detail/share.hpp"
#include "doors/mqtt/detail/traces.hpp"
#include "doors/mqtt/link.hpp"
#include "doors/mqtt/ports.hpp"
#include "doors/mqtt/queue_bound.hpp"
#include "doors/mqtt/retained.hpp"
#include "doors/mqtt/state_port.hpp"
#include "wire/mqtt/topic_cache.hpp"

namespace perigee::doors::mqtt {

struct lane_rule {
  std::string filter;
  model::lane lane = model::lane::bulk;
};

struct broker_options {
  std::vector<lane_rule> lanes;  // the first that covers the topic; the rest is bulk
  std::uint32_t session_expiry_s_max = 7 * 24 * 3600;
  queue_bound queue{};                  // of each session
  std::uint64_t seed = 1;               // for the names of clients that come without one, and the numbers of sessions
  bool acknowledges_forbidden = false;  // before MQTT 5: a refused message is acknowledged and dropped, not the client
  bool saves_state = false;  // somebody calls take_changes and on_saved: what a restart must know of waits for that
  wire::mqtt::server_options protocol;
  std::size_t subscriptions_max = limits::mqtt_subscriptions_max;
  /// Told in CONNACK's user property node_property to whoever says its own name so in CONNECT: a bridge of another node
  /// then sends nothing back that came from here. Empty: nobody is told.
  std::string node{};
  std::string response_information{};  // for clients that ask for it; `${clientid}` stands for theirs
};

/// What a local subscriber gets. Views last for the call.
struct local_message {
  std::string_view topic;
  byte_view payload;
  std::string_view source;
  timestamp arrival{};
  bool retain = false;
  std::string_view only_for{};  // the client identifier of the one that gets it; empty: whoever is subscribed
};

/// The MQTT broker of a node. What clients publish is appended to the journal and acknowledged when it is safe there
/// (promise P1); what subscribers get is read back from the journal after the commit, so that nobody sees a message
/// that a crash could undo, and so that records of every other door reach MQTT subscribers too. No IO: a driver
/// (door.hpp), a test or a simulation feeds links with bytes and time. Owned by the node, on the journal's shard; its
/// links end before it.
class broker {
 public:
  broker(log_port& log, broker_host& host, metrics::registry& registry, broker_options options);
  ~broker();
  broker(const broker&) = delete;
  broker& operator=(const broker&) = delete;

  /// Topics that start with `$`. Without one they are refused.
  void set_internal(internal_port& port) { internal_ = &port; }
  /// Who may come in and do what. Without one, a certificate is who it says, and all may do everything.
  void set_access(access_port& port) { access_ = &port; }
  /// Once, before the first connection: it is asked of everyone who shows a certificate.
  void set_standing(standing_port& port) { standing_ = &port; }
  /// After the port's answers have changed: whoever would not be let in any more is disconnected, and subscriptions
  /// that are not allowed any more end.
  void review_access(moment now);
  /// The same for set_standing's port: who may not be connected any more is disconnected.
  void review_standing(moment now);

  [[nodiscard]] std::unique_ptr<link> attach(transport& by, link_options options, moment now);
  /// After each commit of the log.
  void on_commit(moment now);
  /// About once a second: expiry of sessions, wills that are due.
  void on_tick(moment now);
  /// After broker_host::work_waits.
  void work(moment now);

  /// From the node itself, straight to subscribers, not stored: QoS 0, and retained until the node stops. What must
  /// survive belongs into the journal.
  void publish_local(const local_message& m, moment now);

  using local_callback = std::move_only_function<void(const local_message&)>;
  /// A subscription of the node itself to committed and local messages; it ends with the handle, which ends before the
  /// broker. It runs in the middle of routing: the callback must not subscribe, let go of a handle or publish_local.
  class local_subscription;
  [[nodiscard]] std::unique_ptr<local_subscription> subscribe_local(std::string_view filter, local_callback callback);

  /// What of sessions and retained messages a restart needs and is not saved yet, as of `revision`:
  /// docs/formats/mqtt-state.md.
  [[nodiscard]] state_change take_changes();
  /// Before the first link. errc::malformed, errc::corrupt, or what `from` answers: nothing was taken over.
  [[nodiscard]] result<> restore(state_port& from, moment now);
  /// The journal has not told yet what the restored sessions had sent: `work`, and no link until then.
  [[nodiscard]] bool catching_up() const { return !returning_.empty(); }
  /// The same, and there is nothing to read before the log's next commit.
  [[nodiscard]] bool awaits_commit() const;
  /// Goes up when take_changes would give something that clients would miss after a restart.
  [[nodiscard]] std::uint64_t revision() const { return context_.changes.revision; }
  /// What take_changes gave at that revision, and all before, is on stable storage.
  void on_saved(std::uint64_t revision, moment now);

 private:
  friend class link;
  friend class broker_view;
  struct subscriber {
    detail::session* session = nullptr;
    const detail::subscription_entry* entry = nullptr;
    local_subscription* local = nullptr;
    detail::share* share = nullptr;

    bool operator==(const subscriber& other) const {
      return session == other.session && local == other.local && share == other.share;
    }
  };
  struct gathered {
    detail::session* session = nullptr;
    detail::grant grant;
    std::size_t identifier_count = 0;
  };

  // Who comes in (broker_access.cpp).
  void introduce(link& from, const wire::mqtt::connect& hello);
  void begin_exchange(link& from, const wire::mqtt::connect& hello, std::string_view method);
  void go_on_with_exchange(link& from, byte_view data);
  void authenticate_again(link& from, const wire::mqtt::authentication& step);
  void let_in_arrived(link& from, admission answer);
  void let_in(link& from, const wire::mqtt::connect& hello, admission answer, byte_view last_words = {});
  void stop_waiting(link& from);
  [[nodiscard]] standing_port::answer standing_of(const link& from) const;
  void turn_away(link& from, const wire::mqtt::connect& hello, const admission& why);
  void send_away(link& from, wire::mqtt::reason code, const char* why);
  void drop_forbidden(detail::session& s, rights& may);

  // A client's life (broker.cpp).
  void connect(link& from, const wire::mqtt::connect& hello, byte_view last_words);
  [[nodiscard]] wire::mqtt::reason admits(const link& from, const wire::mqtt::connect& hello) const;
  /// As a user property in wire form; empty where the node has no name to tell.
  [[nodiscard]] byte_buffer own_name() const;
  [[nodiscard]] std::string response_information(std::string_view client_id) const;
  detail::session* claim_session(link& from, const wire::mqtt::connect& hello, const std::string& client_id);
  void take_terms(detail::session& s, const wire::mqtt::connect& hello, wire::mqtt::acceptance& granted);
  void disconnected(link& from, const wire::mqtt::closing& why);
  void drop_link(link& gone);
  void forget(link& gone);
  void leave(detail::session& s, bool send_will, moment now);
  void end_session(detail::session& s);
  void publish_will(detail::session& s);
  [[nodiscard]] std::string make_client_id();
  [[nodiscard]] std::uint64_t make_session_number();

  // Messages in (broker_publish.cpp).
  void publish(link& from, const wire::mqtt::publish& message);
  [[nodiscard]] answer take(const detail::session& from, const wire::mqtt::publish& message, std::uint64_t delivery);
  [[nodiscard]] bool overtakes_refused(link& from, const wire::mqtt::publish& message) const;
  void remember_refused(link& from, const wire::mqtt::publish& message) const;
  [[nodiscard]] answer take_internal(const link& from, const wire::mqtt::publish& message);
  [[nodiscard]] model::lane lane_of(std::string_view topic) const;
  void subscribe(link& from, const wire::mqtt::subscribe& request);
  [[nodiscard]] wire::mqtt::reason subscribe_one(link& from, const wire::mqtt::subscription& s,
                                                 std::uint32_t identifier);
  void unsubscribe(link& from, const wire::mqtt::unsubscribe& request);
  bool remove_subscription(detail::session& s, std::string_view filter);
  [[nodiscard]] answer forbid(link& from, const wire::mqtt::publish& message);

  // Shared subscriptions (broker_share.cpp).
  [[nodiscard]] detail::share* make_share(std::string_view name);
  void join_share(detail::share& to, detail::session& s, const detail::subscription_entry& terms);
  void leave_share(detail::session& s, std::string_view name);
  void leave_shares(detail::session& s);
  void end_share(detail::share& one);
  /// Filters of all sessions and of the node itself; each member of a shared one counts.
  [[nodiscard]] std::size_t subscription_count() const { return subscribers_.size() - shares_.size() + shared_count_; }
  void pump(detail::share& one);

  // State (broker_state.cpp).
  [[nodiscard]] answer when_saved();
  [[nodiscard]] answer when_saved(const detail::session& s);
  void note_subscription(const detail::session& s, std::string_view filter);
  void forget_subscriptions(const detail::session& s);
  [[nodiscard]] result<> restore_all(state_port& from);
  [[nodiscard]] result<> restore_broker(byte_view key, byte_view body);
  [[nodiscard]] result<> restore_session(byte_view key, byte_view body);
  [[nodiscard]] result<> restore_subscription(byte_view key, byte_view body);
  [[nodiscard]] result<> restore_share(byte_view key, byte_view body);
  [[nodiscard]] result<> restore_retained(byte_view key, byte_view body);
  void forget_all();
  void show_sizes();
  void show_subscriptions();

  // QoS 2 (broker_qos2.cpp).
  [[nodiscard]] answer take_once(link& from, const wire::mqtt::publish& message);
  void release(link& from, wire::mqtt::packet_id id);
  void completed(detail::session& s, wire::mqtt::packet_id id, model::lane l);
  [[nodiscard]] answer let_go(detail::session& s, wire::mqtt::packet_id id);
  void recall(model::lane l, place at, const model::record_view& r);

  // Messages out (broker_route.cpp).
  void route();
  void route_live(const model::record_view& r, log_offset at);
  void pump_committed();
  bool route_lane(model::lane l);
  void route_message(const detail::message& m, bool may_retain);
  void keep_certificate(const detail::message& m);
  void gather(const detail::message& m);
  void retain(const detail::message& m);
  void answer_all();
  [[nodiscard]] bool is_reached(const answer& what) const;
  void wait_for_commit(link& one);
  void pump(detail::session& s);
  void set_now(moment now) { context_.now = now; }
  void passed(link& on, detail::direction which, byte_view packets);

  log_port& log_;
  broker_host& host_;
  broker_options options_;
  internal_port* internal_ = nullptr;
  access_port* access_ = nullptr;
  standing_port* standing_ = nullptr;
  detail::meters count_;
  retained_store retained_;
  detail::delivery_context context_;
  std::map<std::string, std::unique_ptr<detail::session>, std::less<>> sessions_;
  std::map<std::string, std::unique_ptr<detail::share>, std::less<>> shares_;  // by their whole filter
  std::size_t shared_count_ = 0;                                               // members of all of them
  wire::mqtt::topic_cache<subscriber> subscribers_;
  std::array<detail::live_ranges, model::lane_count> live_;
  std::vector<link*> awaiting_commit_;
  std::vector<detail::session*> unfinished_;  // sessions whose turn ended before they had caught up
  std::vector<detail::share*> unfinished_shares_;
  std::vector<detail::share*> gathered_shares_;
  std::vector<gathered> gathered_;  // scratch of route_message
  std::vector<std::pair<std::size_t, std::uint32_t>> identifiers_;
  std::vector<std::uint32_t> identifiers_of_one_;
  byte_buffer properties_;  // scratch of publish
  std::uint64_t routing_mark_ = 0;
  std::uint32_t last_share_ = 0;
  prng random_;
  detail::traces traces_;
  bool gathering_ = false;                               // callbacks run
  bool busy_ = false;                                    // in on_commit
  detail::offsets noted_{};                              // what was routed when the revision last went up for it
  detail::offsets same_until_{};                         // places of the state that is being restored hold before these
  bool same_journal_ = true;                             // it is of this journal
  std::map<std::uint64_t, detail::session*> returning_;  // by number, until the journal told what they still hold
  detail::offsets restarted_at_{};                       // records before these are from before the restart
};

class broker::local_subscription {
 public:
  local_subscription(broker& of, std::string_view filter, local_callback callback);
  ~local_subscription();
  local_subscription(const local_subscription&) = delete;
  local_subscription& operator=(const local_subscription&) = delete;

 private:
  friend class broker;

  broker& broker_;
  std::string filter_;
  local_callback callback_;
  detail::subscription_entry entry_;
};

}  // namespace perigee::doors::mqtt
