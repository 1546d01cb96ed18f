#pragma once
// What passes between one client and the broker, packet by packet, for whoever looks for a fault.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "wire/mqtt/packet.hpp"

namespace perigee::doors::mqtt {

/// How a connection ended.
struct departure {
  timestamp at{};  // 0: it has not
  wire::mqtt::reason code = wire::mqtt::reason::success;
  const char* what = "";
};

/// One packet of a traced client, or the end of its connection. Views last for the call.
struct traced_event {
  enum class kind : std::uint8_t { received, sent, closed };

  kind what = kind::received;
  timestamp at{};
  std::string_view address;                    // of the client
  wire::mqtt::packet_type type{};              // of a packet
  wire::mqtt::packet_id id = 0;                // 0: it has none
  std::optional<wire::mqtt::qos> qos{};        // of a PUBLISH
  bool retain = false;                         // of a PUBLISH
  bool duplicate = false;                      // of a PUBLISH
  std::string_view topic{};                    // of a PUBLISH; empty where an alias stands for it
  std::optional<std::uint16_t> topic_alias{};  // of a PUBLISH
  std::size_t bytes = 0;                       // of the whole packet
  std::size_t payload_bytes = 0;               // of a PUBLISH
  std::optional<wire::mqtt::reason> reason{};  // of what answers or ends something
  std::string note{};                          // what else the packet says: filters, terms, properties
};

/// Runs in the middle of the broker's work: it must not call the broker.
using trace_callback = std::move_only_function<void(const traced_event&)>;

/// The word for a packet in a line: "PUBLISH".
[[nodiscard]] std::string_view name_of(wire::mqtt::packet_type type);

}  // namespace perigee::doors::mqtt
