#include "readers/history/detail/parts.hpp"

#include "base/limits.hpp"

namespace perigee::readers::history::detail {

result<> part_table::open(sqlite::connection& db) {
  PG_TRY(put_, db.prepare("INSERT OR REPLACE INTO part(node, epoch, lane, offset, readings) VALUES(?, ?, ?, ?, ?)"));
  PG_TRY(trim_, db.prepare("DELETE FROM part WHERE number <= (SELECT max(number) FROM part) - ?"));
  PG_TRY(find_, db.prepare("SELECT readings FROM part WHERE node = ? AND epoch = ? AND lane = ? AND offset = ?"));
  return {};
}

sqlite::statement& part_table::named(sqlite::statement& in, const model::origin& of, model::lane l) {
  in.begin().bind(of.node).bind(static_cast<std::int64_t>(of.journal_epoch.value()));
  return in.bind(static_cast<std::int64_t>(l)).bind(static_cast<std::int64_t>(of.offset.value()));
}

result<> part_table::put(const model::origin& of, model::lane l, std::int64_t readings) {
  PG_TRY_VOID(named(put_, of, l).bind(readings).run());
  return trim_.begin().bind(std::int64_t{limits::quarantine_records_max}).run();
}

result<std::int64_t> part_table::find(const model::origin& of, model::lane l) {
  PG_TRY(const bool row, named(find_, of, l).step());
  const auto readings = row ? find_.integer(0) : 0;
  find_.begin();
  return readings;
}

}  // namespace perigee::readers::history::detail
