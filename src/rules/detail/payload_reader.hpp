#pragma once
// JSON payloads to the values that rules ask for.

#include <memory>
#include <span>

#include "base/bytes.hpp"
#include "rules/detail/field_tree.hpp"
#include "rules/detail/value.hpp"

namespace perigee::rules::detail {

/// Owned by the engine. Keeps its buffers, so that it allocates only for a payload larger than all before it.
class payload_reader {
 public:
  payload_reader();
  ~payload_reader();

  /// Fills the slots that the payload has and leaves the others NULL. A scalar payload is the field `value`. False
  /// where the payload is no JSON as far as it was read. Texts live until the next call.
  bool read(byte_view payload, const field_tree& wanted, std::span<value> slots);

 private:
  class walk;
  struct parser;

  std::unique_ptr<parser> parser_;
};

}  // namespace perigee::rules::detail
