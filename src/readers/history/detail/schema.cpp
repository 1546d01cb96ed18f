#include "readers/history/detail/schema.hpp"

namespace perigee::readers::history::detail {
namespace {

constexpr std::int64_t schema_version = 1;

// Small caches: an edge node has 12 MB in all, and what is read back is mostly the open chunk of each series.
constexpr const char* settings = R"sql(
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA cache_size = -1024;
PRAGMA temp_store = MEMORY;
PRAGMA journal_size_limit = 8388608;
)sql";

constexpr const char* tables = R"sql(
BEGIN;
CREATE TABLE node(name TEXT NOT NULL);
CREATE TABLE cursor(lane INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, next INTEGER NOT NULL);
CREATE TABLE lineage(id INTEGER PRIMARY KEY, state BLOB NOT NULL);
CREATE TABLE series(id INTEGER PRIMARY KEY, node TEXT NOT NULL, device TEXT NOT NULL, metric TEXT NOT NULL,
                    UNIQUE(device, metric, node));
CREATE TABLE chunk(id INTEGER PRIMARY KEY, series INTEGER NOT NULL, open INTEGER NOT NULL,
                   first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL, count INTEGER NOT NULL,
                   numbers INTEGER NOT NULL, min REAL, max REAL, sum REAL, last REAL, block BLOB NOT NULL);
CREATE INDEX chunk_by_time ON chunk(series, last_ns, first_ns, count, numbers, min, max, sum, last);
CREATE UNIQUE INDEX chunk_open ON chunk(series) WHERE open = 1;
CREATE TABLE account(source TEXT NOT NULL, epoch INTEGER NOT NULL, state BLOB NOT NULL,
                     PRIMARY KEY(source, epoch)) WITHOUT ROWID;
CREATE TABLE gap(node TEXT NOT NULL, epoch INTEGER NOT NULL, lane INTEGER NOT NULL, first INTEGER NOT NULL,
                 last INTEGER NOT NULL, messages INTEGER NOT NULL, body BLOB NOT NULL,
                 arrival_ns INTEGER NOT NULL, PRIMARY KEY(node, epoch, lane, first, last)) WITHOUT ROWID;
CREATE INDEX gap_by_time ON gap(arrival_ns);
CREATE TABLE part(number INTEGER PRIMARY KEY AUTOINCREMENT, node TEXT NOT NULL, epoch INTEGER NOT NULL,
                  lane INTEGER NOT NULL, offset INTEGER NOT NULL, readings INTEGER NOT NULL,
                  UNIQUE(node, epoch, lane, offset));
CREATE TABLE total(name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO total VALUES('readings', 0), ('messages', 0);
PRAGMA user_version = 1;
COMMIT;
)sql";

/// Tables that a file of the same version may lack, for a version before did not need them.
constexpr const char* additions = R"sql(
CREATE TABLE IF NOT EXISTS birth(node TEXT NOT NULL, edge_node TEXT NOT NULL, device TEXT NOT NULL, topic TEXT NOT NULL,
                                 payload BLOB NOT NULL, PRIMARY KEY(node, edge_node, device)) WITHOUT ROWID;
)sql";

result<std::int64_t> version_of(sqlite::connection& db) {
  PG_TRY(auto ask, db.prepare("PRAGMA user_version"));
  PG_TRY(const bool row, ask.step());
  return row ? ask.integer(0) : 0;
}

result<> make_tables(sqlite::connection& db, const std::string& node) {
  PG_TRY_VOID(db.execute(tables));
  PG_TRY(auto name, db.prepare("INSERT INTO node VALUES(?)"));
  return name.begin().bind(node).run();
}

result<> check_node(sqlite::connection& db, const std::string& node) {
  if (node.empty()) return {};
  PG_TRY(auto ask, db.prepare("SELECT name FROM node"));
  PG_TRY(const bool row, ask.step());
  if (!row || ask.text(0) != node) return fail(errc::refused, "the history belongs to another node");
  return {};
}

}  // namespace

result<sqlite::connection> open_database(const std::string& path, const std::string& node, bool read_only) {
  PG_TRY(auto db, sqlite::connection::open(path, read_only));
  if (!read_only) PG_TRY_VOID(db.execute(settings));
  PG_TRY(const auto version, version_of(db));
  if (version > schema_version) return fail(errc::unsupported, "a newer version wrote the history");
  if (version == 0 && read_only) return fail(errc::not_found, "there is no history in the file");
  if (version == 0) PG_TRY_VOID(make_tables(db, node));
  PG_TRY_VOID(check_node(db, node));
  if (!read_only) PG_TRY_VOID(db.execute(additions));
  return db;
}

}  // namespace perigee::readers::history::detail
