#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doors/mqtt/detail/session.hpp"

namespace perigee::doors::mqtt::detail {

struct saved_share;

/// A shared subscription, `$share/NAME/FILTER` (MQTT5 4.8.2): each message goes to one of the sessions that share it,
/// in turn among those that are connected and have room. It is a position in the journal, as a session is: what nobody
/// can take now is found again from there. A message of QoS 1 or 2 that a session has stays that session's while it
/// lasts, over lost connections. Where the session ends, what it did not acknowledge of QoS 1, or was never sent of QoS
/// 2, goes to another (MQTT-4.8.2-5: the rest of QoS 2 must not). Owned by the broker, on its shard; ends with its last
/// member.
class share {
 public:
  /// `number` tells it from every other one. `since`: older messages are not for it.
  share(std::string name, std::uint32_t number, const offsets& since);

  /// The whole of `$share/NAME/FILTER`.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// The last part alone.
  [[nodiscard]] std::string_view filter() const;
  [[nodiscard]] std::uint32_t number() const { return number_; }

  struct member {
    session* who = nullptr;
    const subscription_entry* terms = nullptr;
  };
  /// Adds it, or changes its terms.
  void join(delivery_context& c, const member& m);
  void leave(delivery_context& c, const session& s);
  [[nodiscard]] const std::vector<member>& members() const { return members_; }
  /// A member's session ends: what was on its way there.
  void take_back(delivery_context& c, const session& s);

  /// A live message.
  void offer(delivery_context& c, const message& m);
  /// There is something that its members could not take.
  [[nodiscard]] bool waits() const;
  /// Sends what can be sent of what waits. True where it stopped only to let others have their turn.
  [[nodiscard]] bool pump(delivery_context& c);

  /// One of its members lasts longer than a connection: the state has an entry of it.
  [[nodiscard]] bool is_kept() const;
  [[nodiscard]] saved_share save(const offsets& routed);
  void resume(const saved_share& from);
  /// As session::changed.
  void changed(delivery_context& c);
  /// As session::go_back.
  void go_back(delivery_context& c, model::lane l, log_offset to);

  bool awaits_commit = false;  // it is in the context's list

 private:
  enum class outcome : std::uint8_t { done, wait };
  struct standing {
    place at{};
    bool behind = false;
  };

  outcome deliver(delivery_context& c, const message& m);
  void await_commit(delivery_context& c);
  outcome deliver_returned(delivery_context& c);
  outcome catch_up(delivery_context& c, model::lane l, std::size_t& budget_bytes);
  outcome offer_again(delivery_context& c, model::lane l, place at, const model::record_view& r);
  [[nodiscard]] bool keeps_messages() const;
  void collect(const session& s, std::vector<journal_place>& into) const;

  std::string name_;
  std::uint32_t number_;
  offsets since_;
  std::vector<member> members_;
  std::size_t turn_ = 0;  // of the members
  std::array<standing, model::lane_count> lanes_;
  std::vector<journal_place> returned_;  // to be delivered before anything else
  bool noted_ = false;                   // in the change log
};

}  // namespace perigee::doors::mqtt::detail
