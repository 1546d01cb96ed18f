#pragma once

#include <cstdint>
#include <optional>

#include "model/record_batch.hpp"
#include "sqlite/sqlite.hpp"

namespace perigee::readers::history::detail {

/// How much is stored already of records that were set aside, so that one that is tried again is not counted twice. At
/// most limits::quarantine_records_max rows: the oldest are forgotten, as their records are. Owned by the store, inside
/// its transaction.
class part_table {
 public:
  static constexpr std::int64_t some = -1;  // of a batch: not known which messages
  static constexpr std::int64_t all = -2;

  [[nodiscard]] result<> open(sqlite::connection& db);
  /// `readings` from the front, `some` or `all`.
  [[nodiscard]] result<> put(const model::origin& of, model::lane l, std::int64_t readings);
  /// 0 where nothing is known.
  [[nodiscard]] result<std::int64_t> find(const model::origin& of, model::lane l);

 private:
  static sqlite::statement& named(sqlite::statement& in, const model::origin& of, model::lane l);

  sqlite::statement put_;
  sqlite::statement trim_;
  sqlite::statement find_;
};

}  // namespace perigee::readers::history::detail
