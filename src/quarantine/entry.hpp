#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/id.hpp"
#include "base/time.hpp"
#include "model/record.hpp"
#include "model/record_batch.hpp"

namespace perigee::quarantine {

/// Which reader could not handle which record: the same one is set aside once, however often it is met.
struct identity {
  std::string reader;
  std::string node;  // whose journal first had the record
  perigee::epoch journal;
  model::lane lane = model::lane::bulk;
  log_offset offset;

  auto operator<=>(const identity&) const = default;
};

/// A record that a reader cannot handle.
struct poison {
  std::string_view reader;  // "history", "rules", "uplink"
  model::origin origin;     // where the record was first stored
  log_offset at;            // in this node's journal; of the batch, where it came in one
  std::string_view reason;
  model::record_view record;
  bool told = false;  // a gap record stands in its place already, so that to drop it tells nothing new
};

/// A record set aside, without its bytes.
struct entry {
  std::uint64_t number = 0;  // from 1, never given twice
  identity who;
  log_offset at;
  timestamp set_aside;
  std::uint64_t retries = 0;
  std::string reason;  // of the last try
  bool told = false;
  model::record_kind kind = model::record_kind::message;
  std::string topic;
  std::string source;
  timestamp arrival;
  std::uint64_t payload_bytes = 0;
  std::uint64_t messages = 1;  // of a child's batch, as many as it says it holds
  bool kept = false;           // its bytes are here: it is at most limits::quarantine_record_bytes_max
};

/// A record set aside, as it came.
struct kept_record {
  entry what;
  model::record record;
};

}  // namespace perigee::quarantine
