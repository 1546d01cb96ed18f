#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "wire/mqtt/packet.hpp"
#include "wire/mqtt/send_window.hpp"

namespace perigee::wire::mqtt {

/// The client's side of a session (MQTT5 4.1): what was sent with QoS 1 or 2 and is not acknowledged to the end, and
/// which messages of QoS 2 came and are not released. It outlives the connections that use it, one at a time; owned by
/// whoever opens them. Messages may go out in several streams whose packet identifiers do not depend on one another, so
/// that a sender that reads each stream's messages from a log can give a message its old identifier even after a crash.
class client_session {
 public:
  static constexpr std::size_t streams = 4;
  static constexpr std::size_t stream_ids = 16'000;
  /// Above the streams' own: those of SUBSCRIBE and UNSUBSCRIBE (the identifiers are shared, MQTT5 2.2.1).
  static constexpr packet_id first_request_id = streams * stream_ids + 1;

  /// How far a message that was sent has come.
  enum class stage : std::uint8_t {
    published,  // waits for PUBACK or PUBREC
    received,   // QoS 2: the server has it, PUBREL waits for the sender's word
    released,   // waits for PUBCOMP
  };
  struct outgoing {
    std::uint64_t tag = 0;  // the sender's
    mqtt::qos qos = qos::at_least_once;
    client_session::stage stage = stage::published;
    byte_buffer packet{};  // to be sent again; empty where the sender does that
  };
  struct options {
    std::uint16_t inflight_max = limits::mqtt_inflight_out_max;  // of a stream
    /// Copies what is sent, and sends it again over the next connection. Otherwise the sender does.
    bool keeps_messages = false;
  };

  client_session() : client_session(options{}) {}
  explicit client_session(options chosen);

  [[nodiscard]] bool keeps_messages() const { return options_.keeps_messages; }
  [[nodiscard]] bool full(std::size_t stream) const { return windows_[stream].full(); }
  [[nodiscard]] std::size_t in_flight() const;
  /// The stream must not be full.
  packet_id push(std::size_t stream, outgoing what);
  /// Null where nothing is in flight under the identifier. Valid until the next push.
  [[nodiscard]] outgoing* find(packet_id id);
  /// Over and done with; nothing where it is not in flight.
  std::optional<outgoing> finish(packet_id id);
  /// Forgets what the stream has in flight: its next message is its `number`th, counted from 0, which is what the
  /// identifier is drawn by.
  void restart(std::size_t stream, std::uint64_t number);
  /// visit(packet_id, outgoing&): oldest first within a stream.
  template <class Visit>
  void for_each(Visit&& visit) {
    for (std::size_t stream = 0; stream < streams; ++stream) {
      windows_[stream].for_each([&](packet_id inner, const outgoing&) {
        const auto id = id_of(stream, inner);
        visit(id, *find(id));
      });
    }
  }
  /// A message of QoS 2 that came in and is not released.
  struct incoming {
    bool safe = false;   // the owner has acknowledged it
    bool asked = false;  // on this connection: its PUBREC is due, or was sent
  };
  /// By packet identifier, of which there are 65,535.
  std::map<packet_id, incoming>& received() { return received_; }

 private:
  using window = send_window<outgoing, stream_ids>;

  static packet_id id_of(std::size_t stream, packet_id inner) {
    return static_cast<packet_id>(stream * stream_ids + inner);
  }
  /// The stream of an identifier and the identifier in it.
  static std::pair<std::size_t, packet_id> place_of(packet_id id) {
    return {(id - 1U) / stream_ids, static_cast<packet_id>((id - 1U) % stream_ids + 1)};
  }

  options options_;
  std::array<window, streams> windows_;
  std::map<packet_id, incoming> received_;
};

}  // namespace perigee::wire::mqtt
