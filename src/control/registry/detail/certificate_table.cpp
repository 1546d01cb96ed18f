#include "control/registry/detail/certificate_table.hpp"

#include <algorithm>

#include "control/registry/detail/rows.hpp"

namespace perigee::control::registry::detail {
namespace {

certificate read(const sqlite::statement& row) {
  certificate out;
  out.given.id = {text_at(row, 0), text_at(row, 1)};
  out.given.name = text_at(row, 2);
  out.given.not_before = time_at(row, 3);
  out.given.not_after = time_at(row, 4);
  std::ranges::copy_n(row.blob(5).begin(),
                      static_cast<std::ptrdiff_t>(std::min(row.blob(5).size(), crypto::digest_bytes)),
                      out.given.fingerprint.begin());
  out.given.issued_by = text_at(row, 6);
  out.state = static_cast<certificate_state>(row.integer(7));
  out.reason = static_cast<revocation_reason>(row.integer(8));
  out.at = time_at(row, 9);
  out.grace_until = time_at(row, 10);
  out.given.key = text_at(row, 11);
  out.given.token = text_at(row, 12);
  out.given.claim = text_at(row, 13);
  out.given.common_name = text_at(row, 14);
  out.given.is_authority = row.integer(15) != 0;
  return out;
}

result<std::vector<certificate>> read_all(reading& ask) {
  std::vector<certificate> out;
  for (;;) {
    PG_TRY(const bool row, ask->step());
    if (!row) return out;
    out.push_back(read(*ask));
  }
}

}  // namespace

result<certificate_table> certificate_table::prepare(sqlite::connection& db) {
  certificate_table t;
  PG_TRY(t.count_, db.prepare("SELECT count(*) FROM certificate"));
  PG_TRY(t.find_, db.prepare("SELECT * FROM certificate WHERE issuer = ? AND serial = ?"));
  PG_TRY(t.by_serial_, db.prepare("SELECT * FROM certificate WHERE serial = ?"));
  PG_TRY(t.by_name_, db.prepare("SELECT * FROM certificate WHERE name = ?"));
  PG_TRY(t.list_, db.prepare("SELECT * FROM certificate WHERE (issuer, serial) > (?1, ?2) AND (?3 = '' OR name = ?3) "
                             "ORDER BY issuer, serial LIMIT ?4"));
  PG_TRY(t.insert_, db.prepare("INSERT INTO certificate VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  PG_TRY(t.update_, db.prepare("UPDATE certificate SET state = ?, reason = ?, at = ?, grace_until = ? WHERE "
                               "issuer = ? AND serial = ?"));
  PG_TRY(t.rename_, db.prepare("UPDATE certificate SET name = ? WHERE issuer = ? AND serial = ?"));
  PG_TRY(t.expired_,
         db.prepare("SELECT issuer, serial FROM certificate WHERE not_after < ? ORDER BY not_after LIMIT 1"));
  PG_TRY(t.remove_, db.prepare("DELETE FROM certificate WHERE issuer = ? AND serial = ?"));
  PG_TRY(t.all_, db.prepare("SELECT issuer, serial, name, state, grace_until, claim, common_name FROM certificate"));
  PG_TRY(t.revoked_, db.prepare("SELECT c.serial, c.state, c.reason, c.at, t.changed FROM certificate c "
                                "LEFT JOIN thing t ON t.name = c.name "
                                "WHERE c.issuer = ?1 AND c.not_after > ?2 AND (c.state = ?3 OR t.lifecycle = ?4)"));
  return t;
}

result<std::int64_t> certificate_table::count() { return number_of(count_); }

result<std::optional<certificate>> certificate_table::find(const certificate_id& id) {
  reading ask(find_);
  ask->bind(id.issuer).bind(id.serial);
  PG_TRY(const bool row, ask->step());
  return row ? std::optional(read(*ask)) : std::nullopt;
}

result<std::vector<certificate>> certificate_table::find_all(std::string_view serial) {
  reading ask(by_serial_);
  ask->bind(serial);
  return read_all(ask);
}

result<std::vector<certificate>> certificate_table::of(std::string_view name) {
  reading ask(by_name_);
  ask->bind(name);
  return read_all(ask);
}

result<std::vector<certificate>> certificate_table::list(const certificate_selection& which) {
  const auto after = which.after.value_or(certificate_id{});
  reading ask(list_);
  ask->bind(after.issuer).bind(after.serial).bind(which.name).bind(static_cast<std::int64_t>(which.limit));
  return read_all(ask);
}

result<std::vector<identity::revocation>> certificate_table::revoked(std::string_view issuer, timestamp now) {
  constexpr auto is_revoked = static_cast<std::int64_t>(certificate_state::revoked);
  reading ask(revoked_);
  ask->bind(issuer).bind(now.ns).bind(is_revoked).bind(static_cast<std::int64_t>(lifecycle::suspended));
  std::vector<identity::revocation> out;
  for (;;) {
    PG_TRY(const bool row, ask->step());
    if (!row) return out;
    const bool for_good = ask->integer(1) == is_revoked;
    out.push_back(
        {.serial = text_at(*ask, 0),
         .at = time_at(*ask, for_good ? 3 : 4),
         .reason = for_good ? static_cast<revocation_reason>(ask->integer(2)) : revocation_reason::certificate_hold});
  }
}

result<> certificate_table::insert(const certificate& made) {
  const auto& given = made.given;
  insert_.begin().bind(given.id.issuer).bind(given.id.serial).bind(given.name);
  insert_.bind(given.not_before.ns).bind(given.not_after.ns).bind(byte_view(given.fingerprint)).bind(given.issued_by);
  insert_.bind(static_cast<std::int64_t>(made.state)).bind(static_cast<std::int64_t>(made.reason));
  insert_.bind(made.at.ns).bind(made.grace_until.ns).bind(given.key).bind(given.token);
  return insert_.bind(given.claim).bind(given.common_name).bind(std::int64_t{given.is_authority}).run();
}

result<> certificate_table::update(const certificate& changed) {
  update_.begin().bind(static_cast<std::int64_t>(changed.state)).bind(static_cast<std::int64_t>(changed.reason));
  update_.bind(changed.at.ns).bind(changed.grace_until.ns);
  return update_.bind(changed.given.id.issuer).bind(changed.given.id.serial).run();
}

result<> certificate_table::rename(const certificate_id& id, std::string_view to) {
  return rename_.begin().bind(to).bind(id.issuer).bind(id.serial).run();
}

result<std::optional<certificate_id>> certificate_table::drop_one_expired(timestamp now) {
  std::optional<certificate_id> found;
  {
    reading ask(expired_);
    ask->bind(now.ns);
    PG_TRY(const bool row, ask->step());
    if (row) found = {text_at(*ask, 0), text_at(*ask, 1)};
  }
  if (found) PG_TRY_VOID(remove_.begin().bind(found->issuer).bind(found->serial).run());
  return found;
}

result<> certificate_table::add_all_to(changes& out) {
  reading ask(all_);
  for (;;) {
    PG_TRY(const bool row, ask->step());
    if (!row) return {};
    out.emplace_back(certificate_stands{{text_at(*ask, 0), text_at(*ask, 1)},
                                        text_at(*ask, 2),
                                        static_cast<certificate_state>(ask->integer(3)),
                                        time_at(*ask, 4),
                                        text_at(*ask, 5),
                                        ask->text(6) != ask->text(2) && !ask->text(6).empty()});
  }
}

}  // namespace perigee::control::registry::detail
