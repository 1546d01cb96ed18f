#pragma once
// What stands where records were: how many, and why they are gone (promise P3). docs/formats/gap.md.

#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "model/record.hpp"

namespace perigee::model {

/// Why records are gone. A reader keeps a number it does not know and passes it on (promise P8).
enum class gap_reason : std::uint8_t {
  disk_bound = 0,   // the lane's size bound
  age = 1,          // the lane's age bound
  damaged = 2,      // stored bytes failed their check
  quarantine = 3,   // a person dropped them from quarantine
  queue_bound = 4,  // a queue before the journal was full and its door may drop (QoS 0)
};
/// "disk bound", "age", ...; "other" for a reason this version does not know.
[[nodiscard]] std::string_view name_of(gap_reason reason);

/// The payload of a record of kind `gap`. `first` and `last` are offsets in the log that lost the records.
struct gap {
  model::lane lane = model::lane::bulk;
  log_offset first{};
  log_offset last{};
  std::uint64_t count = 0;  // of records; at most last - first + 1
  gap_reason reason = gap_reason::disk_bound;
  std::string_view topic;  // the topic of all that are gone, where it is known to be one; else empty
};

/// Appends to `out`.
void encode_gap(const gap& g, byte_buffer& out);
/// A view into `in`. errc::malformed, or errc::unsupported for a newer version.
[[nodiscard]] result<gap> decode_gap(byte_view in);

}  // namespace perigee::model
