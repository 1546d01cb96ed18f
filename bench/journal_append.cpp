// Durable appends of small records in batches: the journal's lane over the machine's disk and its worker thread, the
// same into LMDB and SQLite, and what the device itself takes. One subject a run, so that bench/run can alternate them.
//
//   journal_append journal|lmdb|sqlite|device --folder DIR [--records N]

#include <fcntl.h>
#include <lmdb.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <format>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "io/file.hpp"
#include "io/shard.hpp"
#include "journal/lane_log.hpp"

namespace {

using namespace perigee;

constexpr std::uint64_t batch_records = 1000;
constexpr std::uint64_t window_records = 4 * batch_records;  // as four clients with 1000 unacknowledged messages each
constexpr std::size_t device_block_bytes = 64U << 10;
constexpr std::string_view payload = R"({"ts":1795341723120,"temperature":71.25,"vibration":0.0313}    )";
static_assert(payload.size() == 63);

[[noreturn]] void give_up(std::string_view why) {
  std::fprintf(stderr, "journal_append: %.*s\n", static_cast<int>(why.size()), why.data());
  std::exit(1);
}
void check(bool good, std::string_view why) {
  if (!good) give_up(why);
}

struct work {
  std::string folder;
  std::uint64_t records = 1'000'000;
};

byte_buffer record_payload() {
  auto bytes = to_buffer(as_bytes(payload));
  bytes.push_back(' ');
  return bytes;
}

/// Appends up to the window, and more with each commit, until all is on stable storage. Lives on the shard.
class appending {
 public:
  appending(journal::lane_log& log, io::shard& on, std::uint64_t records) : log_(log), shard_(on), records_(records) {
    record_.topic = "bench/device-0";
    record_.source = "bench-0";
    bytes_ = record_payload();
    record_.payload = bytes_;
    log_.on_commit([this] { fill(); });
  }
  void fill() {
    if (log_.committed().value() >= records_) return shard_.stop();
    const auto room = [&] {
      return log_.staged().value() - log_.committed().value() + batch_records <= window_records;
    };
    while (room() && log_.staged().value() < records_) {
      for (std::uint64_t i = 0; i < batch_records; ++i)
        check(log_.append(record_).has_value(), "an append was refused");
    }
  }

 private:
  journal::lane_log& log_;
  io::shard& shard_;
  std::uint64_t records_;
  byte_buffer bytes_;
  model::record_view record_;
};

std::uint64_t run_journal(const work& w) {
  io::install_real_clock();
  metrics::registry metrics;
  io::shard shard;
  const auto worker = shard.make_worker("journal");
  journal::lane_recovery found;
  journal::lane_options options;
  options.bytes_max = 16ULL << 30;
  auto log = journal::lane_log::open({.disk = io::real_disk(),
                                      .worker = *worker,
                                      .folder = w.folder + "/bulk",
                                      .lane = model::lane::bulk,
                                      .epoch = epoch(1),
                                      .disk_free_min = 0,
                                      .metrics = metrics},
                                     options, found);
  check(log.has_value(), "the lane does not open");
  appending load(**log, shard, w.records);
  shard.post([&] { load.fill(); });
  shard.run();
  return (*log)->bytes();
}

std::uint64_t run_lmdb(const work& w) {
  MDB_env* environment = nullptr;
  MDB_txn* transaction = nullptr;
  MDB_dbi table = 0;
  check(mdb_env_create(&environment) == 0 && mdb_env_set_mapsize(environment, 8ULL << 30) == 0, "LMDB: no environment");
  check(mdb_env_open(environment, w.folder.c_str(), 0, 0600) == 0, "LMDB does not open");
  auto bytes = record_payload();
  for (std::uint64_t n = 0; n < w.records;) {
    check(mdb_txn_begin(environment, nullptr, 0, &transaction) == 0, "LMDB: no transaction");
    if (n == 0) check(mdb_dbi_open(transaction, nullptr, MDB_INTEGERKEY, &table) == 0, "LMDB: no table");
    for (const auto end = n + batch_records; n < end; ++n) {
      MDB_val key{sizeof n, &n};
      MDB_val value{bytes.size(), bytes.data()};
      check(mdb_put(transaction, table, &key, &value, MDB_APPEND) == 0, "LMDB: a put was refused");
    }
    check(mdb_txn_commit(transaction) == 0, "LMDB: a commit failed");
  }
  mdb_env_close(environment);
  return std::filesystem::file_size(w.folder + "/data.mdb");
}

void execute(sqlite3* on, const char* what) { check(sqlite3_exec(on, what, nullptr, nullptr, nullptr) == 0, what); }

std::uint64_t run_sqlite(const work& w) {
  const auto path = w.folder + "/bench.db";
  sqlite3* store = nullptr;
  check(sqlite3_open(path.c_str(), &store) == 0, "SQLite does not open");
  execute(store, "PRAGMA journal_mode = WAL");
  execute(store, "PRAGMA synchronous = FULL");
  execute(store, "CREATE TABLE records (id INTEGER PRIMARY KEY, payload BLOB)");
  sqlite3_stmt* insert = nullptr;
  check(sqlite3_prepare_v2(store, "INSERT INTO records VALUES (?, ?)", -1, &insert, nullptr) == 0, "SQLite: insert");
  const auto bytes = record_payload();
  for (std::uint64_t n = 0; n < w.records;) {
    execute(store, "BEGIN");
    for (const auto end = n + batch_records; n < end; ++n) {
      sqlite3_bind_int64(insert, 1, static_cast<sqlite3_int64>(n));
      sqlite3_bind_blob(insert, 2, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
      check(sqlite3_step(insert) == SQLITE_DONE, "SQLite: an insert was refused");
      sqlite3_reset(insert);
    }
    execute(store, "COMMIT");
  }
  sqlite3_finalize(insert);
  sqlite3_close(store);
  return std::filesystem::file_size(path);
}

/// As many bytes as that many records take in the journal, in 64 KiB pieces, each synced.
std::uint64_t run_device(const work& w) {
  constexpr std::uint64_t record_bytes = 128;
  const int file = ::open((w.folder + "/device").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  check(file >= 0, "the device's file does not open");
  const std::string block(device_block_bytes, 'x');
  std::uint64_t at = 0;
  for (; at < w.records * record_bytes; at += block.size()) {
    const auto wrote = ::pwrite(file, block.data(), block.size(), static_cast<off_t>(at));
    check(wrote == static_cast<ssize_t>(block.size()) && ::fdatasync(file) == 0, "the device refused a block");
  }
  ::close(file);
  return at;
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string_view, std::function<std::uint64_t(const work&)>> subjects{
      {"journal", run_journal}, {"lmdb", run_lmdb}, {"sqlite", run_sqlite}, {"device", run_device}};
  work w;
  for (int i = 2; i + 1 < argc; i += 2) {
    if (std::string_view(argv[i]) == "--folder") w.folder = argv[i + 1];
    if (std::string_view(argv[i]) == "--records") w.records = std::strtoull(argv[i + 1], nullptr, 10);
  }
  const auto subject = subjects.find(argc > 1 ? argv[1] : "");
  w.records -= w.records % batch_records;
  if (subject == subjects.end() || w.folder.empty() || w.records == 0) {
    give_up("journal_append journal|lmdb|sqlite|device --folder DIR [--records N]");
  }
  log::set_level(log::level::warning);
  const auto began = std::chrono::steady_clock::now();
  const auto bytes = subject->second(w);
  const auto elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  constexpr std::string_view line =
      "{{\"records\": {}, \"seconds\": {:.3f}, \"per_second\": {:.0f}, \"bytes_per_second\": {:.0f}, "
      "\"cpu_seconds\": {:.2f}}}";
  const auto text = std::format(line, w.records, elapsed, static_cast<double>(w.records) / elapsed,
                                static_cast<double>(bytes) / elapsed, cpu_seconds());
  std::puts(text.c_str());
  return 0;
}
