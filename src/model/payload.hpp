#pragma once
// Payload formats: from the bytes that a device sent to readings.

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/function_ref.hpp"
#include "base/time.hpp"
#include "model/reading.hpp"
#include "model/record.hpp"

namespace perigee::model {

enum class payload_format : std::uint8_t {
  automatic,     // Sparkplug B by its topic, else '{' starts flat JSON, and anything else is a plain number
  flat_json,     // {"temperature": 21.5, "motor": {"rpm": 1480}, "ts": 1732291200123}; the topic is the device
  plain_number,  // 21.5; the topic without its last level is the device, the last level the metric
  sparkplug_b,   // spBv1.0/GROUP/NDATA/EDGE_NODE; the device is GROUP/EDGE_NODE or GROUP/EDGE_NODE/DEVICE
};

/// Decodes one record after the other; reusable, and allocation-free once its buffers have grown.
///
/// Flat JSON: every scalar field is a metric, a nested object's fields have dotted names ("motor.rpm"), a null is a
/// reading of quality bad. The first of the top-level fields `ts`, `time`, `timestamp` is the time of all: RFC 3339
/// text, or a whole number of s, ms, µs or ns since 1970, told apart by its size. Without one the record's arrival
/// counts.
///
/// Sparkplug B 3.0: births, data and deaths are readings, commands none. Metrics come by the alias that a birth
/// certificate gave them, so births are remembered, and whoever restarts has the decoder read them again. A death makes
/// the last word on each metric a null of quality bad. Data sets, templates and arrays are passed over.
///
/// Owner: one reader, on its thread. Ends with it.
class payload_decoder {
 public:
  using sink = function_ref<void(const reading_view&)>;

  payload_decoder();
  ~payload_decoder();
  payload_decoder(payload_decoder&&) noexcept;
  payload_decoder& operator=(payload_decoder&&) noexcept;

  /// Calls `each` per reading, in the payload's order, with views that last for the call. All or nothing: an error
  /// (errc::malformed, errc::too_large, errc::not_found for an alias without its birth; `what` says what is wrong)
  /// comes before the first call. Births of one `scope`, such as the node that had them first, say nothing about
  /// another's.
  [[nodiscard]] result<> decode(payload_format format, std::string_view topic, byte_view payload, timestamp arrival,
                                sink each, std::string_view scope = {});
  [[nodiscard]] result<> decode(payload_format format, const record_view& r, sink each, std::string_view scope = {}) {
    return decode(format, r.topic, r.payload, r.arrival, each, scope);
  }

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// A count of s, ms, µs or ns since 1970, told apart by its size: below 1e11 it is seconds, below 1e14 ms, below 1e17
/// µs, so that each unit reaches back to 1973 at the latest. errc::malformed past the years 1677 to 2262.
[[nodiscard]] result<timestamp> time_from_number(std::int64_t since_1970);
/// The same with a fraction.
[[nodiscard]] result<timestamp> time_from_number(double since_1970);

}  // namespace perigee::model
