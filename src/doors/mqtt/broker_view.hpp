#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doors/mqtt/broker.hpp"

namespace perigee::doors::mqtt {

/// A part of a list, in order. `next` is what the following part is asked with as `after`; nothing at the end.
template <class T>
struct page {
  std::vector<T> rows;
  std::optional<std::string> next;
};

/// One client as an operator sees it: its session, and its connection where there is one.
struct client_info {
  std::string client_id;
  std::string name;  // who it is: of its certificate, or its user; empty for one that nobody knows
  bool connected = false;
  std::string address;                                    // while connected, as the next four
  std::string transport;                                  // "tcp", "tls", "ws", "wss"
  std::optional<wire::mqtt::protocol_version> version{};  //
  timestamp connected_since{};                            //
  std::uint16_t keep_alive_s = 0;                         // 0: none
  std::uint32_t expiry_s = 0;                             // of the session, after the connection
  timestamp expires{};                                    // while away
  departure left{};                                       // how its last connection ended
  std::size_t subscriptions = 0;
  detail::session_traffic traffic{};       // since the node started
  std::size_t in_flight = 0;               // sent, not acknowledged
  std::optional<std::uint64_t> waiting{};  // messages, in flight not counted; none: not known since the restart
  std::uint64_t behind_records = 0;        // of the journal, between where it stands and the newest
  std::size_t output_bytes = 0;            // waiting for the client to read
};

/// One filter of one client.
struct subscription_info {
  std::string client_id;
  std::string filter;
  wire::mqtt::qos qos{};
  bool no_local = false;
  bool retain_as_published = false;
  std::uint32_t identifier = 0;  // 0: none
};

/// One retained message; its payload may be asked for.
struct retained_info {
  std::string topic;
  wire::mqtt::qos qos{};
  timestamp arrival{};
  std::size_t payload_bytes = 0;
  byte_buffer payload{};  // its beginning, where asked for
};

/// The whole broker in numbers.
struct broker_totals {
  std::uint64_t connections_opened = 0;
  std::uint64_t connects_received = 0;
  std::size_t clients_connected = 0;
  std::size_t clients_connected_max = 0;
  std::size_t sessions = 0;
  std::uint64_t sessions_expired = 0;
  std::size_t subscriptions = 0;         // filters of all sessions, and of the node itself
  std::size_t shared_subscriptions = 0;  // those of them that are shared: every member counts
  std::size_t retained = 0;
  std::size_t retained_bytes = 0;
  std::uint64_t packets_received = 0;
  std::uint64_t packets_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t messages_received = 0;
  std::uint64_t message_bytes_received = 0;
  std::uint64_t messages_sent = 0;
  std::uint64_t message_bytes_sent = 0;
  std::uint64_t messages_dropped = 0;
};

/// The broker for those who operate it: it looks, and does two things, kick and trace. Owned by the node, on the
/// broker's shard; ends before it, and its traces before that.
class broker_view {
 public:
  explicit broker_view(broker& of) : broker_(of) {}

  /// Clients in the order of their ids, behind `after`; at most `most` and limits::mqtt_listed_max.
  [[nodiscard]] page<client_info> clients(std::string_view after, std::size_t most) const;
  [[nodiscard]] std::optional<client_info> client(std::string_view client_id) const;
  /// Its filters, in order.
  [[nodiscard]] std::vector<subscription_info> subscriptions(std::string_view client_id) const;
  /// The filters that cover a topic, of whom. A client's filters are never parted, so a page may be longer than `most`.
  [[nodiscard]] page<subscription_info> subscribers_of(std::string_view topic, std::string_view after,
                                                       std::size_t most) const;
  struct retained_question {
    std::string_view filter;
    std::string_view after;  // empty: from the beginning
    std::size_t most = 0;
    std::size_t payload_bytes_max = 0;  // of each payload
    std::size_t bytes_max = SIZE_MAX;   // of all rows, about; one row always fits
  };
  [[nodiscard]] page<retained_info> retained(const retained_question& asked) const;
  [[nodiscard]] broker_totals totals() const;

  enum class kick_session { keep, end };
  /// DISCONNECT 0x98 to the client (MQTT5 3.14.2.1), its will published; `end` forgets the session too. False where
  /// there is no such client.
  bool kick(std::string_view client_id, kick_session session, moment now);

  /// Every packet of a client from now on, whether it is connected or comes later. Ends with the handle. errc::full at
  /// limits::mqtt_traces_max.
  class trace;
  [[nodiscard]] result<std::unique_ptr<trace>> start_trace(std::string_view client_id, trace_callback tell);

 private:
  [[nodiscard]] client_info describe(const detail::session& s) const;

  broker& broker_;
};

class broker_view::trace {
 public:
  trace(detail::traces& in, detail::traces::handle which) : in_(in), which_(which) {}
  ~trace() { in_.remove(which_); }
  trace(const trace&) = delete;
  trace& operator=(const trace&) = delete;

 private:
  detail::traces& in_;
  detail::traces::handle which_;
};

}  // namespace perigee::doors::mqtt
