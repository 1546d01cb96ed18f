#pragma once
// What stands where records were: how many, of which topics and times, and why they are gone (promise P3).
// docs/formats/gap.md.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "base/time.hpp"
#include "model/record.hpp"

namespace perigee::model {

/// Why records are gone. A reader keeps a number it does not know and passes it on (promise P8).
enum class gap_reason : std::uint8_t {
  disk_bound = 0,   // the lane's bound on bytes or records, or the disk's
  age = 1,          // the lane's age bound
  damaged = 2,      // stored bytes failed their check
  quarantine = 3,   // a person dropped them from quarantine
  queue_bound = 4,  // a queue before the journal was full and its door may drop (QoS 0)
};
/// "disk bound", "age", ...; "other" for a reason this version does not know.
[[nodiscard]] std::string_view name_of(gap_reason reason);

/// What is gone of one topic; of a child's batch, "uplink/CHILD".
struct gap_part {
  std::string_view topic;
  std::uint64_t messages = 0;

  bool operator==(const gap_part&) const = default;
};

/// The payload of a record of kind `gap`. `first` and `last` are offsets in the log that lost the records.
struct gap {
  model::lane lane = model::lane::bulk;
  log_offset first{};
  log_offset last{};
  std::uint64_t count = 0;  // of records; at most last - first + 1
  gap_reason reason = gap_reason::disk_bound;
  timestamp oldest{};             // arrival of the first and of the last that is gone, as far as is known; 0: unknown
  timestamp newest{};             //
  std::vector<gap_part> parts{};  // largest first, at most limits::gap_topics_max; empty where it is not known
  std::uint64_t others = 0;       // messages of further topics, or that could not be read any more

  /// A record is one message, but for a child's batch, which is as many as it holds.
  [[nodiscard]] std::uint64_t messages() const;
};

/// Appends to `out`.
void encode_gap(const gap& g, byte_buffer& out);
/// Views into `in`. errc::malformed, or errc::unsupported for a newer version.
[[nodiscard]] result<gap> decode_gap(byte_view in);
/// One sentence for a person: "412 messages of plant/pump-3 dropped 2026-11-22 10:02-10:07 UTC: disk bound".
[[nodiscard]] std::string describe(const gap& g);

/// Counts what is gone by topic, in bounded memory: past some thousand topics the rest is counted together.
class gap_tally {
 public:
  /// A message or gap counts as it is, a batch as the messages in it.
  void add(const record_view& r);
  /// All that another gap says is gone.
  void add(const gap& g);
  /// Messages that nothing is known of.
  void add_unknown(std::uint64_t messages) { others_ += messages; }
  /// Fills in times and parts. The parts are views into the tally.
  void describe_in(gap& out) const;

 private:
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
  };
  void add(std::string_view topic, std::uint64_t messages);
  void cover(timestamp oldest, timestamp newest);

  std::unordered_map<std::string, std::uint64_t, hash, std::equal_to<>> by_topic_;
  std::uint64_t others_ = 0;
  timestamp oldest_{};
  timestamp newest_{};
};

}  // namespace perigee::model
