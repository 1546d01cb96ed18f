#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "base/function_ref.hpp"
#include "base/id.hpp"
#include "journal/reader.hpp"
#include "model/record_batch.hpp"

namespace perigee::journal {

/// A message in a lane: a record (inner 0), or one of those in a record that is a batch (inner from 1).
struct place {
  log_offset offset{};
  std::uint32_t inner = 0;

  constexpr auto operator<=>(const place&) const = default;
};

struct message_request {
  place from{};
  std::size_t bytes_max = 0;            // about; at least one record is read
  std::size_t messages_max = SIZE_MAX;  // about: the read ends behind the record that reaches it
  /// Asked for the topics in a batch, which is passed over where none is wanted. Nothing: all are.
  std::optional<function_ref<bool(std::string_view topic)>> wanted = std::nullopt;
};

/// The origin is empty for a record of this journal's own. False stops: the message has not been taken and is where the
/// next read starts.
using message_visitor = function_ref<bool(place, const model::origin&, const model::record_view&)>;

/// Visits what is committed from a place on, each message and gap in children's batches too, and answers where the next
/// read starts. `from` stands at the place's record already. A batch that does not open is passed over, and the log
/// says so. An error: the disk does not read.
[[nodiscard]] result<place> read_messages(reader& from, model::batch_opener& opener, const message_request& what,
                                          message_visitor visit);

}  // namespace perigee::journal
