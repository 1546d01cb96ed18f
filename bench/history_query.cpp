// A million readings of a metric folded to a thousand rows of min, max, mean and last. The same readings in SQLite,
// clustered by series and time, folded by GROUP BY.
//
//   history_query make --folder DIR [--readings N] [--node NAME]      writes DIR/history.db and DIR/peer.db
//   history_query perigee|sqlite --folder DIR [--metric level|count|noise|state] [--points N] [--seconds S]
//
// The second prints one line of JSON: what a query took, and what it answered, so that the two can be compared.

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <format>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "readers/history/store.hpp"

namespace {

using namespace perigee;
namespace history = readers::history;

constexpr std::int64_t first_ms = 1'764'000'000'000;
constexpr std::int64_t period_ms = 1000;
constexpr std::int64_t jitter_ms = 5;
constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::string_view device = "plant/press-4";
/// One of a declared resolution, a counter, one of full precision, and a text.
constexpr std::array<std::string_view, 4> metrics{"level", "count", "noise", "state"};

[[noreturn]] void give_up(std::string_view why) {
  std::fprintf(stderr, "history_query: %.*s\n", static_cast<int>(why.size()), why.data());
  std::exit(1);
}
void check(bool good, std::string_view why) {
  if (!good) give_up(why);
}

struct work {
  std::string folder;
  std::string metric = "level";
  std::string node = "bench";
  std::int64_t readings = 1'000'000;
  std::int64_t points = 1000;
  double seconds = 1;
};

/// What a device said at one time.
struct sample {
  std::int64_t ms;
  double level;
  std::int64_t count;
  double noise;
  std::string_view state;
};

/// The same ones at every run.
class samples {
 public:
  sample next() {
    const auto at = static_cast<double>(made_);
    const auto off = std::uniform_int_distribution(-jitter_ms, jitter_ms)(random_);
    count_ += std::uniform_int_distribution(0, 9)(random_);
    const auto level = std::round(200 + 50 * std::sin(at / 5000) + 10 * noise_(random_)) / 10;
    const auto state = made_ / 600 % 7 == 0 ? "starting" : "running";
    return {first_ms + made_++ * period_ms + off, level, count_, noise_(random_), state};
  }

 private:
  std::mt19937_64 random_{42};  // tidy: random — the same readings at every run
  std::normal_distribution<> noise_;
  std::int64_t made_ = 0;
  std::int64_t count_ = 0;
};

void make_history(const work& w) {
  journal::lineage journal{epoch(1), {}};
  for (auto& lane : journal.lanes) lane.begin(epoch(1), log_offset(0));
  auto store = history::store::open({.path = w.folder + "/history.db", .node = w.node, .journal = std::move(journal)});
  check(store.has_value(), "the history does not open");
  samples from;
  history::record_block block;
  std::size_t bytes = 0;
  for (std::int64_t i = 0; i < w.readings; ++i) {
    const auto s = from.next();
    const auto payload = std::format(R"({{"ts":{},"level":{},"count":{},"noise":{},"state":"{}"}})", s.ms, s.level,
                                     s.count, s.noise, s.state);
    model::record_view r;
    r.topic = device;
    r.payload = as_bytes(payload);
    block.add(log_offset(static_cast<std::uint64_t>(i)), r);
    bytes += payload.size();
    if (bytes < limits::history_block_bytes_max && i + 1 != w.readings) continue;
    check((*store)->stage(block).has_value() && (*store)->commit().has_value(), "a block is not stored");
    block.clear();
    bytes = 0;
  }
}

struct database {
  explicit database(const work& w) {
    check(sqlite3_open((w.folder + "/peer.db").c_str(), &file) == 0, "SQLite does not open");
  }
  ~database() {
    sqlite3_finalize(statement);
    sqlite3_close(file);
  }
  database(const database&) = delete;
  database& operator=(const database&) = delete;
  void execute(const char* what) { check(sqlite3_exec(file, what, nullptr, nullptr, nullptr) == 0, what); }
  void prepare(const char* what) {
    check(sqlite3_prepare_v3(file, what, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) == 0, what);
  }

  sqlite3* file = nullptr;
  sqlite3_stmt* statement = nullptr;
};

void make_peer(const work& w) {
  database to(w);
  to.execute("CREATE TABLE reading(series INTEGER, ns INTEGER, value, PRIMARY KEY(series, ns)) WITHOUT ROWID; BEGIN");
  to.prepare("INSERT INTO reading VALUES(?, ?, ?)");
  for (int series = 0; series < static_cast<int>(metrics.size()); ++series) {
    samples from;
    for (std::int64_t i = 0; i < w.readings; ++i) {
      const auto s = from.next();
      sqlite3_bind_int(to.statement, 1, series);
      sqlite3_bind_int64(to.statement, 2, s.ms * ns_per_ms);
      if (series == 0) sqlite3_bind_double(to.statement, 3, s.level);
      if (series == 1) sqlite3_bind_int64(to.statement, 3, s.count);
      if (series == 2) sqlite3_bind_double(to.statement, 3, s.noise);
      if (series == 3) sqlite3_bind_text(to.statement, 3, s.state.data(), -1, SQLITE_STATIC);
      check(sqlite3_step(to.statement) == SQLITE_DONE, "SQLite refuses a row");
      sqlite3_reset(to.statement);
    }
  }
  to.execute("COMMIT");
}

/// What an answer says, so that two can be compared.
struct gist {
  std::uint64_t rows = 0;
  std::uint64_t readings = 0;
  double sum = 0;  // of min, max and mean of each row

  void add(std::uint64_t count, double min, double max, double mean) {
    ++rows;
    readings += count;
    sum += min + max + mean;
  }
};

/// Steps that do not end where chunks do: one of a whole number of readings would find its answer in their summaries.
struct range {
  explicit range(const work& w)
      : from_ns((first_ms - period_ms / 2) * ns_per_ms), step_ns(w.readings * period_ms / (w.points - 1) * ns_per_ms) {
    to_ns = from_ns + w.points * step_ns;
  }
  std::int64_t from_ns;
  std::int64_t step_ns;
  std::int64_t to_ns;
};

std::function<gist()> ask_history(const work& w) {
  auto opened = history::store::open({.path = w.folder + "/history.db", .node = {}, .read_only = true});
  check(opened.has_value(), "there is no history: make it first");
  const auto of = (*opened)->find(device, w.metric);
  check(of.has_value(), "there is no such metric");
  return [store = std::shared_ptr(std::move(*opened)), of = *of, r = range(w)] {
    const auto answer = store->by_step(of, timestamp{r.from_ns}, timestamp{r.to_ns}, nanoseconds(r.step_ns));
    check(answer.has_value(), "the history cannot be read");
    gist out;
    for (const auto& b : answer->buckets) out.add(b.count, b.min, b.max, b.mean);
    return out;
  };
}

std::function<gist()> ask_peer(const work& w) {
  const auto from = std::make_shared<database>(w);
  from->prepare(
      "SELECT (ns - ?1) / ?2 AS step, count(value), min(value), max(value), avg(value) FROM reading"
      " WHERE series = ?4 AND ns >= ?1 AND ns < ?3 GROUP BY step");
  const auto series = std::ranges::find(metrics, w.metric) - metrics.begin();
  return [from, series, r = range(w)] {
    auto* const ask = from->statement;
    sqlite3_reset(ask);
    sqlite3_bind_int64(ask, 1, r.from_ns);
    sqlite3_bind_int64(ask, 2, r.step_ns);
    sqlite3_bind_int64(ask, 3, r.to_ns);
    sqlite3_bind_int64(ask, 4, series);
    gist out;
    while (sqlite3_step(ask) == SQLITE_ROW) {
      out.add(static_cast<std::uint64_t>(sqlite3_column_int64(ask, 1)), sqlite3_column_double(ask, 2),
              sqlite3_column_double(ask, 3), sqlite3_column_double(ask, 4));
    }
    return out;
  };
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

void measure(const std::function<gist()>& ask, const work& w) {
  auto last = ask();  // the file's pages and the process's memory are warm from here on
  int asked = 0;
  const auto began = cpu_seconds();
  for (; cpu_seconds() - began < w.seconds || asked == 0; ++asked) last = ask();
  const auto text = std::format(R"({{"cpu_seconds": {:.6f}, "rows": {}, "readings": {}, "sum": {:.6f}}})",
                                (cpu_seconds() - began) / asked, last.rows, last.readings, last.sum);
  std::puts(text.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  work w;
  const std::map<std::string_view, std::function<void(const char*)>> options{
      {"--folder", [&w](const char* x) { w.folder = x; }},
      {"--metric", [&w](const char* x) { w.metric = x; }},
      {"--node", [&w](const char* x) { w.node = x; }},
      {"--readings", [&w](const char* x) { w.readings = std::atoll(x); }},
      {"--points", [&w](const char* x) { w.points = std::atoll(x); }},
      {"--seconds", [&w](const char* x) { w.seconds = std::atof(x); }}};
  for (int i = 2; i + 1 < argc; i += 2) {
    if (const auto known = options.find(argv[i]); known != options.end()) known->second(argv[i + 1]);
  }
  const std::map<std::string_view, std::function<void()>> subjects{{"make",
                                                                    [&w] {
                                                                      make_history(w);
                                                                      make_peer(w);
                                                                    }},
                                                                   {"perigee", [&w] { measure(ask_history(w), w); }},
                                                                   {"sqlite", [&w] { measure(ask_peer(w), w); }}};
  const auto subject = subjects.find(argc > 1 ? argv[1] : "");
  const bool sound = w.readings > 0 && w.points > 1 && w.points <= w.readings && !w.folder.empty() &&
                     std::ranges::contains(metrics, w.metric);
  if (subject == subjects.end() || !sound) {
    give_up("history_query make|perigee|sqlite --folder DIR [--metric M] [--readings N] [--points N] [--seconds S]");
  }
  log::set_level(log::level::warning);
  subject->second();
  return 0;
}
