#pragma once
// What a door appends and a reader reads: one message as it came, with who sent it and when. docs/formats/record.md.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "base/time.hpp"

namespace perigee::model {

/// Each lane is a log of its own. After an outage alarms go up first, then events, then bulk.
enum class lane : std::uint8_t { alarm = 0, event = 1, bulk = 2 };
inline constexpr std::size_t lane_count = 3;
[[nodiscard]] std::string_view name_of(lane l);
[[nodiscard]] result<lane> lane_from(std::string_view name);

enum class record_kind : std::uint8_t {
  message = 0,  // one published message; payload as it came
  batch = 1,    // a child's records as one compressed block: model/record_batch.hpp
  gap = 2,      // records that a bound forced out (promise P3): model/gap.hpp
  release = 3,  // the PUBREL of an MQTT client, by its `delivery`; of this journal's own door only, never passed on
};

/// A record whose bytes are owned elsewhere. Bounds: limits.hpp (topic, payload, properties, source).
struct record_view {
  record_kind kind = record_kind::message;
  model::lane lane = model::lane::bulk;
  bool retain = false;
  std::uint8_t qos = 0;  // as published: 0, 1, 2
  std::string_view topic;
  byte_view payload;
  byte_view properties;          // MQTT 5 properties in wire form, without the length in front; empty for others
  std::string_view source;       // the authenticated identity of the sender, or the name of the door or rule
  perigee::epoch epoch{};        // 0: the sender stamps nothing
  perigee::sequence sequence{};  // from 1 where the sender stamps
  timestamp arrival{};           // wall time at the first journal
  std::uint64_t delivery = 0;    // session and QoS 2 packet id of its sender, known to this journal alone; 0: none

  [[nodiscard]] bool stamped() const { return epoch.value() != 0; }
};

/// The same, owning its bytes.
struct record {
  record_kind kind = record_kind::message;
  model::lane lane = model::lane::bulk;
  bool retain = false;
  std::uint8_t qos = 0;
  std::string topic;
  byte_buffer payload;
  byte_buffer properties;
  std::string source;
  perigee::epoch epoch{};
  perigee::sequence sequence{};
  timestamp arrival{};
  std::uint64_t delivery = 0;

  record() = default;
  explicit record(const record_view& from);
  [[nodiscard]] record_view view() const;
};

/// Checks the bounds: errc::too_large names the field that is over.
[[nodiscard]] result<> check_bounds(const record_view& r);
[[nodiscard]] std::size_t encoded_size(const record_view& r);
/// Writes exactly encoded_size(r) bytes to the front of `out`. The lane is not written: the log it stands in says it.
void encode(const record_view& r, byte_span out);
/// Views into `in`. errc::malformed, or errc::unsupported for a version that is newer than this program.
[[nodiscard]] result<record_view> decode_record(byte_view in, lane of);

}  // namespace perigee::model
