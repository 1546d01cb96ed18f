#include "readers/history/detail/quarantine.hpp"

#include "base/limits.hpp"

namespace perigee::readers::history::detail {

result<> quarantine_table::open(connection& db) {
  db_ = &db;
  PG_TRY(insert_, db.prepare("INSERT INTO quarantine(node, lane, offset, arrival_ns, topic, reason, record)"
                             " VALUES(?, ?, ?, ?, ?, ?, ?)"));
  PG_TRY(trim_, db.prepare("DELETE FROM quarantine WHERE number NOT IN"
                           " (SELECT number FROM quarantine ORDER BY number DESC LIMIT ?)"));
  PG_TRY(list_,
         db.prepare("SELECT number, lane, offset, arrival_ns, topic, reason, node FROM quarantine ORDER BY number"));
  PG_TRY(find_, db.prepare("SELECT offset, lane, record, node FROM quarantine WHERE number = ?"));
  PG_TRY(delete_, db.prepare("DELETE FROM quarantine WHERE number = ?"));
  return {};
}

result<std::uint64_t> quarantine_table::put(const model::origin& from, const model::record_view& r,
                                            std::string_view reason) {
  const auto size = model::encoded_size(r);
  record_.clear();
  if (size <= limits::quarantine_record_bytes_max) {
    record_.resize(size);
    model::encode(r, record_);
  }
  insert_.begin().bind(from.node).bind(static_cast<std::int64_t>(r.lane));
  insert_.bind(static_cast<std::int64_t>(from.offset.value()));
  PG_TRY_VOID(insert_.bind(r.arrival.ns).bind(r.topic).bind(reason).bind(byte_view(record_)).run());
  PG_TRY_VOID(trim_.begin().bind(std::int64_t{limits::quarantine_records_max}).run());
  return static_cast<std::uint64_t>(db_->changes());
}

result<std::vector<quarantined>> quarantine_table::list() {
  std::vector<quarantined> out;
  list_.begin();
  for (;;) {
    PG_TRY(const bool row, list_.step());
    if (!row) return out;
    quarantined q;
    q.number = list_.integer(0);
    q.lane = static_cast<model::lane>(list_.integer(1));
    q.offset = log_offset(static_cast<std::uint64_t>(list_.integer(2)));
    q.arrival = {list_.integer(3)};
    q.topic = list_.text(4);
    q.reason = list_.text(5);
    q.node = list_.text(6);
    out.push_back(std::move(q));
  }
}

result<kept_record> quarantine_table::take(std::int64_t number) {
  PG_TRY(const bool row, find_.begin().bind(number).step());
  if (!row) return fail(errc::not_found, "no quarantined record has this number");
  const log_offset at(static_cast<std::uint64_t>(find_.integer(0)));
  const auto bytes = find_.blob(2);
  if (bytes.empty()) return fail(errc::too_large, "the record was too large to keep; only its reason was");
  PG_TRY(const auto view, model::decode_record(bytes, static_cast<model::lane>(find_.integer(1))));
  kept_record out{std::string(find_.text(3)), at, model::record(view)};
  find_.begin();
  return out;
}

result<> quarantine_table::drop(std::int64_t number) {
  PG_TRY_VOID(delete_.begin().bind(number).run());
  if (db_->changes() == 0) return fail(errc::not_found, "no quarantined record has this number");
  return {};
}

}  // namespace perigee::readers::history::detail
