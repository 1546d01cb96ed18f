#include "node/lane_options.hpp"

#include "base/limits.hpp"

namespace perigee::node {

journal::lane_options lane_options_of(const lane_config& from, std::uint64_t segment_bytes) {
  journal::lane_options out;
  out.segment_bytes = segment_bytes;
  out.bytes_max = from.bytes_max;
  out.records_max = from.records_max;
  out.age_max = from.age_max;
  out.write_ahead_bytes = limits::journal_write_ahead_bytes_max;
  out.when_full = from.when_full == when_full::refuse ? journal::when_full::refuse : journal::when_full::drop_oldest;
  switch (from.durability) {
    case durability::fsync: out.durability = journal::durability::fsync; break;
    case durability::os: out.durability = journal::durability::os; break;
    case durability::memory: out.durability = journal::durability::memory; break;
  }
  return out;
}

}  // namespace perigee::node
