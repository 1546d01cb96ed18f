#pragma once
// The messages that a journal holds, in the order in which they came, beside a running node too.

#include <cstdint>
#include <string>

#include "base/function_ref.hpp"
#include "journal/inspect.hpp"
#include "model/record_batch.hpp"

namespace perigee::cli {

struct journal_span {
  std::string folder;       // of the journal
  std::string node;         // whose it is; empty: not known
  timestamp from{};         // messages that this journal took from here
  timestamp to{INT64_MAX};  // to here
};

struct journal_sum {
  std::uint64_t messages = 0;
  std::uint64_t missing = 0;  // records that are not there, or cannot be read
};

/// A message, and the record in which it stands.
struct journal_message {
  model::origin from;  // where it was first stored
  model::record_view message;
  model::lane lane = model::lane::bulk;
  log_offset at{};    // of the record, in this journal
  timestamp taken{};  // when this journal took it
};

/// Messages of all lanes, those in children's batches too, merged by when the journal took them; not what the node's
/// own rules made, and none of Perigee's own topics. `visit` is also told the time of each record before its messages.
/// As journal::dump.
using message_taker = function_ref<void(const journal_message&)>;
using time_taker = function_ref<void(model::lane, timestamp)>;
[[nodiscard]] result<journal_sum> for_each_message(io::disk& disk, const journal::keyring& keys,
                                                   const journal_span& what, time_taker on_time, message_taker visit);

}  // namespace perigee::cli
