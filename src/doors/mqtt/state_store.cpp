#include "doors/mqtt/state_store.hpp"

#include <cstdio>
#include <format>

namespace perigee::doors::mqtt {
namespace {

constexpr std::int64_t schema_version = 1;

constexpr const char* settings = R"sql(
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA cache_size = -1024;
PRAGMA temp_store = MEMORY;
PRAGMA journal_size_limit = 8388608;
)sql";

constexpr const char* tables = R"sql(
BEGIN;
CREATE TABLE broker(key BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE session(key BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE subscription(key BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE share(key BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE retained(key BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
PRAGMA user_version = 1;
COMMIT;
)sql";

result<> ensure_tables(sqlite::connection& db) {
  PG_TRY(auto ask, db.prepare("PRAGMA user_version"));
  PG_TRY(const bool row, ask.step());
  const auto version = row ? ask.integer(0) : 0;
  ask.begin();
  if (version > schema_version) return fail(errc::unsupported, "a newer version of Perigee wrote this MQTT state");
  return version == 0 ? db.execute(tables) : result<>();
}

}  // namespace

result<std::unique_ptr<state_store>> state_store::open(const std::string& path) {
  PG_TRY(auto db, sqlite::connection::open(path, false));
  PG_TRY_VOID(db.execute(settings));
  PG_TRY_VOID(ensure_tables(db));
  // tidy: new — the constructor is private
  std::unique_ptr<state_store> out(new state_store(std::move(db)));
  PG_TRY_VOID(out->prepare());
  return out;
}

result<> state_store::set_aside(const std::string& path) {
  if (std::rename(path.c_str(), (path + ".refused").c_str()) != 0) {
    return fail(errc::io, "the file of the MQTT state cannot be renamed");
  }
  for (const auto* beside : {"-wal", "-shm"}) (void)std::remove((path + beside).c_str());
  return {};
}

result<> state_store::prepare() {
  for (std::size_t i = 0; i < state_kind_count; ++i) {
    const auto table = name_of(static_cast<state_kind>(i));
    PG_TRY(put_[i], database_.prepare(std::format("INSERT OR REPLACE INTO {} VALUES(?, ?)", table)));
    PG_TRY(remove_[i], database_.prepare(std::format("DELETE FROM {} WHERE key = ?", table)));
  }
  return {};
}

result<> state_store::apply(const state_change& change) {
  PG_TRY_VOID(database_.execute("BEGIN IMMEDIATE"));
  auto done = put_all(change);
  if (done) done = database_.execute("COMMIT");
  if (!done) (void)database_.execute("ROLLBACK");  // SQLite may have rolled back by itself
  return done;
}

result<> state_store::put_all(const state_change& change) {
  for (const auto& each : change) {
    const auto i = static_cast<std::size_t>(each.kind);
    auto& with = each.body.empty() ? remove_[i] : put_[i];
    with.begin().bind(byte_view(each.key));
    if (!each.body.empty()) with.bind(byte_view(each.body));
    PG_TRY_VOID(with.run());
  }
  return {};
}

result<> state_store::load(visitor visit) {
  for (std::size_t i = 0; i < state_kind_count; ++i) {
    const auto kind = static_cast<state_kind>(i);
    PG_TRY(auto all, database_.prepare(std::format("SELECT key, body FROM {} ORDER BY key", name_of(kind))));
    for (;;) {
      PG_TRY(const bool row, all.step());
      if (!row) break;
      PG_TRY_VOID(visit(kind, all.blob(0), all.blob(1)));
    }
  }
  return {};
}

}  // namespace perigee::doors::mqtt
