#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "model/record_batch.hpp"
#include "readers/history/detail/sqlite.hpp"
#include "readers/history/store.hpp"

namespace perigee::readers::history::detail {

/// A record from quarantine, and where it was first stored.
struct kept_record {
  std::string node;
  log_offset offset;
  model::record record;
};

/// Records set aside with their reasons (promise P7), at most limits::quarantine_records_max: the oldest make room.
/// Inside its owner's transaction; owned by the store.
class quarantine_table {
 public:
  [[nodiscard]] result<> open(connection& db);

  /// How many old ones were dropped for it.
  [[nodiscard]] result<std::uint64_t> put(const model::origin& from, const model::record_view& r,
                                          std::string_view reason);
  [[nodiscard]] result<std::vector<quarantined>> list();
  /// The record, on its own. errc::not_found; errc::too_large where only its reason was kept.
  [[nodiscard]] result<kept_record> take(std::int64_t number);
  [[nodiscard]] result<> drop(std::int64_t number);

 private:
  connection* db_ = nullptr;
  statement insert_;
  statement trim_;
  statement list_;
  statement find_;
  statement delete_;
  byte_buffer record_;
};

}  // namespace perigee::readers::history::detail
