#include "readers/history/detail/lineage_table.hpp"

#include "base/log.hpp"

namespace perigee::readers::history::detail {
namespace {

result<> move_position(sqlite::connection& db, model::lane l, const journal::lineage& then,
                       const journal::lineage& now) {
  const auto lane = static_cast<std::int64_t>(l);
  const auto name = static_cast<std::int64_t>(now.journal.value());
  PG_TRY(auto read, db.prepare("SELECT next FROM cursor WHERE lane = ? AND epoch = ?"));
  PG_TRY(const bool row, read.begin().bind(lane).bind(name).step());
  if (!row) return {};
  const log_offset stood(static_cast<std::uint64_t>(read.integer(0)));
  const auto at = now.resume(l, then, stood);
  if (at == stood) return {};
  log::fault("readers.history", "lane {} is read again from {}, not from {}: the journal is another copy",
             model::name_of(l), at.value(), stood.value());
  PG_TRY(auto write, db.prepare("UPDATE cursor SET next = ? WHERE lane = ? AND epoch = ?"));
  return write.begin().bind(static_cast<std::int64_t>(at.value())).bind(lane).bind(name).run();
}

result<> follow_in_transaction(sqlite::connection& db, const journal::lineage& now) {
  PG_TRY(auto read, db.prepare("SELECT state FROM lineage"));
  PG_TRY(const bool row, read.begin().step());
  if (row) {
    byte_reader r(read.blob(0));
    const auto then = journal::lineage::decode(r);
    if (!r.ok()) return fail(errc::io, "the lineage in the history is damaged");
    for (std::size_t i = 0; i < model::lane_count; ++i) {
      PG_TRY_VOID(move_position(db, static_cast<model::lane>(i), then, now));
    }
  }
  byte_buffer state;
  byte_writer w(state);
  now.encode(w);
  PG_TRY(auto write, db.prepare("INSERT OR REPLACE INTO lineage(id, state) VALUES(0, ?)"));
  return write.begin().bind(byte_view(state)).run();
}

}  // namespace

result<> follow(sqlite::connection& db, const journal::lineage& now) {
  PG_TRY_VOID(db.execute("BEGIN IMMEDIATE"));
  const auto done = follow_in_transaction(db, now);
  const auto ended = db.execute(done ? "COMMIT" : "ROLLBACK");
  return done ? ended : done;
}

}  // namespace perigee::readers::history::detail
