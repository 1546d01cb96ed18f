#include "control/registry/detail/token_table.hpp"

#include <algorithm>

#include "control/registry/detail/rows.hpp"

namespace perigee::control::registry::detail {
namespace {

token read(const sqlite::statement& row) {
  token out;
  out.given.id = text_at(row, 0);
  std::ranges::copy_n(row.blob(1).begin(),
                      static_cast<std::ptrdiff_t>(std::min(row.blob(1).size(), crypto::digest_bytes)),
                      out.given.secret.begin());
  out.given.is = static_cast<purpose>(row.integer(2));
  out.given.pattern = text_at(row, 3);
  out.given.expires = time_at(row, 4);
  out.given.uses = static_cast<std::uint32_t>(row.integer(5));
  out.uses_left = static_cast<std::uint32_t>(row.integer(6));
  out.created = time_at(row, 7);
  out.by = text_at(row, 8);
  out.revoked = time_at(row, 9);
  return out;
}

result<std::optional<token>> read_one(reading& ask) {
  PG_TRY(const bool row, ask->step());
  return row ? std::optional(read(*ask)) : std::nullopt;
}

}  // namespace

result<token_table> token_table::prepare(sqlite::connection& db) {
  token_table t;
  PG_TRY(t.count_, db.prepare("SELECT count(*) FROM token"));
  PG_TRY(t.find_, db.prepare("SELECT * FROM token WHERE id = ?"));
  PG_TRY(t.find_by_, db.prepare("SELECT * FROM token WHERE secret = ?"));
  PG_TRY(t.list_, db.prepare("SELECT * FROM token WHERE id > ? ORDER BY id LIMIT ?"));
  PG_TRY(t.insert_, db.prepare("INSERT INTO token VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  PG_TRY(t.use_, db.prepare("UPDATE token SET uses_left = uses_left - 1 WHERE id = ?"));
  PG_TRY(t.revoke_, db.prepare("UPDATE token SET revoked = ? WHERE id = ?"));
  PG_TRY(t.drop_,
         db.prepare("DELETE FROM token WHERE id = (SELECT id FROM token WHERE revoked != 0 OR uses_left = 0 OR "
                    "expires <= ? ORDER BY expires LIMIT 1)"));
  return t;
}

result<std::int64_t> token_table::count() { return number_of(count_); }

result<std::optional<token>> token_table::find(std::string_view id) {
  reading ask(find_);
  ask->bind(id);
  return read_one(ask);
}

result<std::optional<token>> token_table::find_by(const crypto::digest& secret) {
  reading ask(find_by_);
  ask->bind(byte_view(secret));
  return read_one(ask);
}

result<std::vector<token>> token_table::list(std::string_view after, std::size_t limit) {
  std::vector<token> out;
  reading ask(list_);
  ask->bind(after).bind(static_cast<std::int64_t>(limit));
  for (;;) {
    PG_TRY(const bool row, ask->step());
    if (!row) return out;
    out.push_back(read(*ask));
  }
}

result<> token_table::insert(const token& made) {
  const auto& given = made.given;
  insert_.begin().bind(given.id).bind(byte_view(given.secret)).bind(static_cast<std::int64_t>(given.is));
  insert_.bind(given.pattern).bind(given.expires.ns).bind(static_cast<std::int64_t>(given.uses));
  insert_.bind(static_cast<std::int64_t>(made.uses_left)).bind(made.created.ns).bind(made.by).bind(made.revoked.ns);
  return insert_.run();
}

result<> token_table::take_one_use(std::string_view id) { return use_.begin().bind(id).run(); }

result<> token_table::revoke(std::string_view id, timestamp at) { return revoke_.begin().bind(at.ns).bind(id).run(); }

result<> token_table::drop_one_ended(timestamp now) { return drop_.begin().bind(now.ns).run(); }

}  // namespace perigee::control::registry::detail
