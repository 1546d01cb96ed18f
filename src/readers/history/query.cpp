#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "base/limits.hpp"
#include "readers/history/detail/store_state.hpp"
#include "readers/history/store.hpp"

namespace perigee::readers::history {
namespace {

struct extent {
  std::int64_t first_ns = 0;
  std::int64_t last_ns = 0;
  std::uint64_t readings = 0;
};

/// Of the series' chunks that touch the time asked for; nullopt where none does.
result<std::optional<extent>> extent_of(sqlite::connection& db, series_id of, timestamp from, timestamp to) {
  PG_TRY(auto ask, db.prepare("SELECT min(first_ns), max(last_ns), sum(count) FROM chunk"
                              " WHERE series = ? AND last_ns >= ? AND first_ns < ?"));
  PG_TRY(const bool row, ask.begin().bind(of.value()).bind(from.ns).bind(to.ns).step());
  if (!row || ask.integer(2) == 0) return std::nullopt;
  return extent{ask.integer(0), ask.integer(1), static_cast<std::uint64_t>(ask.integer(2))};
}

std::uint64_t distance(std::int64_t from, std::int64_t to) {
  return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
}

/// Buckets on their way: the mean as a sum, and the time of the last number.
class step_fold {
 public:
  step_fold(timestamp from, std::uint64_t step, std::size_t count) : from_(from.ns), step_(step), cells_(count) {}

  void add(std::int64_t ns, double x) { add(ns, {1, x, x, x, x, ns}); }
  /// A whole chunk, where it lies in one bucket.
  bool add(const detail::chunk_summary& s) {
    if (place(s.first_ns) != place(s.last_ns)) return false;
    if (s.numbers == 0) return true;
    add(s.first_ns, {static_cast<std::uint64_t>(s.numbers), s.min, s.max, s.sum, s.last, s.last_ns});
    return true;
  }

  [[nodiscard]] std::vector<bucket> buckets() const {
    std::vector<bucket> out;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      const auto& c = cells_[i];
      const timestamp start{static_cast<std::int64_t>(static_cast<std::uint64_t>(from_) + i * step_)};
      if (c.count != 0) out.push_back({start, c.count, c.min, c.max, c.sum / static_cast<double>(c.count), c.last});
    }
    return out;
  }

 private:
  struct cell {
    std::uint64_t count = 0;
    double min = 0;
    double max = 0;
    double sum = 0;
    double last = 0;
    std::int64_t last_ns = 0;
  };

  [[nodiscard]] std::uint64_t place(std::int64_t ns) const { return distance(from_, ns) / step_; }
  void add(std::int64_t ns, const cell& x) {
    auto& c = cells_[static_cast<std::size_t>(place(ns))];
    if (c.count == 0) {
      c = x;
      return;
    }
    c.count += x.count;
    c.min = std::min(c.min, x.min);
    c.max = std::max(c.max, x.max);
    c.sum += x.sum;
    if (x.last_ns < c.last_ns) return;
    c.last = x.last;
    c.last_ns = x.last_ns;
  }

  std::int64_t from_;
  std::uint64_t step_;
  std::vector<cell> cells_;
};

detail::chunk_summary summary_in(const sqlite::statement& row) {
  detail::chunk_summary s;
  s.first_ns = row.integer(1);
  s.last_ns = row.integer(2);
  s.numbers = row.integer(3);
  s.min = row.real(4);
  s.max = row.real(5);
  s.sum = row.real(6);
  s.last = row.real(7);
  return s;
}

}  // namespace

result<> store::scan(series_id of, timestamp from, timestamp to, function_ref<void(const model::chunk_row&)> each) {
  return scan_while(of, from, to, each, [] { return true; });
}

result<> store::scan_while(series_id of, timestamp from, timestamp to, function_ref<void(const model::chunk_row&)> each,
                           function_ref<bool()> goes_on) {
  auto& s = *state_;
  const auto inside = [&](const model::chunk_row& r) {
    if (r.time >= from && r.time < to) each(r);
  };
  PG_TRY(auto ask, s.database.prepare("SELECT block FROM chunk WHERE series = ? AND last_ns >= ? AND first_ns < ?"
                                      " ORDER BY id"));
  ask.begin().bind(of.value()).bind(from.ns).bind(to.ns);
  for (;;) {
    PG_TRY(const bool row, ask.step());
    if (!row) break;
    if (!goes_on()) return fail(errc::cancelled, "the time for looking is up");
    PG_TRY_VOID(s.chunks.decode(ask.blob(0), inside));
  }
  s.own.for_each_kept(of.value(), inside);
  return {};
}

result<raw_answer> store::raw(series_id of, timestamp from, timestamp to) {
  raw_answer out;
  PG_TRY(const auto all, extent_of(state_->database, of, from, to));
  if (!all) return out;
  std::uint64_t matching = 0;
  if (all->readings > limits::history_points_max) {
    PG_TRY_VOID(scan(of, from, to, [&matching](const model::chunk_row&) { ++matching; }));
    out.stride = std::max<std::uint64_t>((matching + limits::history_points_max - 1) / limits::history_points_max, 1);
    out.thinned = out.stride > 1;
  }
  std::uint64_t at = 0;
  PG_TRY_VOID(scan(of, from, to, [&](const model::chunk_row& r) {
    if (at++ % out.stride == 0) out.points.push_back({r.time, model::value_of(r.value), r.quality});
  }));
  std::ranges::stable_sort(out.points, {}, &point::time);
  return out;
}

result<raw_page> store::page(series_id of, timestamp from, timestamp to, std::size_t most) {
  raw_page out;
  std::multimap<timestamp, point> first;
  PG_TRY_VOID(scan(of, from, to, [&](const model::chunk_row& r) {
    if (first.size() >= most && r.time > first.rbegin()->first) {
      out.next = std::min(out.next.value_or(r.time), r.time);
      return;
    }
    first.emplace(r.time, point{r.time, model::value_of(r.value), r.quality});
    // What came in before the newest of them may have made those superfluous.
    const auto last = first.lower_bound(first.rbegin()->first);
    const auto of_last = static_cast<std::size_t>(std::distance(last, first.end()));
    if (first.size() - of_last < most) return;
    out.next = last->first;
    first.erase(last, first.end());
  }));
  for (auto& [time, one] : first) out.points.push_back(std::move(one));
  return out;
}

result<step_answer> store::by_step(series_id of, timestamp from, timestamp to, nanoseconds step) {
  if (step.count() <= 0 || from > to) return fail(errc::malformed, "a step is positive, and a range does not run back");
  step_answer out;
  out.step = step;
  if (from == to) return out;
  PG_TRY(const auto all, extent_of(state_->database, of, from, to));
  if (!all) return out;
  // What lies before the first chunk is passed over in whole steps, so that buckets stay aligned to `from`.
  auto width = static_cast<std::uint64_t>(step.count());
  const auto skipped = all->first_ns > from.ns ? distance(from.ns, all->first_ns) / width * width : 0;
  const timestamp start{static_cast<std::int64_t>(static_cast<std::uint64_t>(from.ns) + skipped)};
  const auto end = std::min(to.ns - 1, all->last_ns);
  const auto steps = distance(start.ns, end) / width + 1;
  const auto widen = (steps - 1) / limits::history_points_max + 1;
  width *= widen;
  out.step = nanoseconds(static_cast<std::int64_t>(width));
  out.thinned = widen > 1;
  step_fold fold(start, width, static_cast<std::size_t>(distance(start.ns, end) / width + 1));
  PG_TRY(auto ask, state_->database.prepare("SELECT block, first_ns, last_ns, numbers, min, max, sum, last FROM chunk"
                                            " WHERE series = ? AND last_ns >= ? AND first_ns < ?"));
  ask.begin().bind(of.value()).bind(start.ns).bind(to.ns);
  for (;;) {
    PG_TRY(const bool row, ask.step());
    if (!row) break;
    const auto summary = summary_in(ask);
    const bool inside = summary.first_ns >= start.ns && summary.last_ns <= end;
    if (inside && fold.add(summary)) continue;
    PG_TRY_VOID(state_->chunks.decode(ask.blob(0), [&](const model::chunk_row& r) {
      const bool counts = r.time >= start && r.time.ns <= end && model::is_number(r.value);
      if (counts && !std::isnan(model::number_of(r.value))) fold.add(r.time.ns, model::number_of(r.value));
    }));
  }
  out.buckets = fold.buckets();
  return out;
}

result<std::vector<series_info>> store::series() {
  PG_TRY(auto ask, state_->database.prepare("SELECT series.id, node, device, metric, sum(count), min(first_ns),"
                                            " max(last_ns) FROM series JOIN chunk ON chunk.series = series.id"
                                            " WHERE node <> '' GROUP BY series.id ORDER BY device, metric, node"));
  std::vector<series_info> out;
  for (;;) {
    PG_TRY(const bool row, ask.step());
    if (!row) return out;
    out.push_back({series_id(ask.integer(0)), std::string(ask.text(1)), std::string(ask.text(2)),
                   std::string(ask.text(3)), static_cast<std::uint64_t>(ask.integer(4)), timestamp{ask.integer(5)},
                   timestamp{ask.integer(6)}});
  }
}

result<series_id> store::find(std::string_view device, std::string_view metric) {
  PG_TRY(auto ask, state_->database.prepare("SELECT id FROM series WHERE device = ? AND metric = ? AND node <> ''"
                                            " ORDER BY id"));
  PG_TRY(const bool row, ask.begin().bind(device).bind(metric).step());
  if (!row) return fail(errc::not_found, "the history has no such series");
  return series_id(ask.integer(0));
}

result<> store::for_each_name(timestamp from, timestamp to, function_ref<void(const series_name&)> each) {
  PG_TRY(auto ask, state_->database.prepare("SELECT id, node, device, metric FROM series WHERE node = '' OR EXISTS"
                                            " (SELECT 1 FROM chunk WHERE series = series.id AND last_ns >= ?"
                                            " AND first_ns < ?) ORDER BY id"));
  ask.begin().bind(from.ns).bind(to.ns);
  for (;;) {
    PG_TRY(const bool row, ask.step());
    if (!row) return {};
    each({series_id(ask.integer(0)), ask.text(1), ask.text(2), ask.text(3)});
  }
}

result<std::vector<device_account>> store::devices() {
  PG_TRY(auto ask, state_->database.prepare("SELECT source, epoch, state FROM account ORDER BY source, epoch"));
  std::vector<device_account> out;
  for (;;) {
    PG_TRY(const bool row, ask.step());
    if (!row) return out;
    PG_TRY(const auto account, sequence_account::decode(ask.blob(2)));
    out.push_back({std::string(ask.text(0)), epoch(static_cast<std::uint64_t>(ask.integer(1))), account.seen(),
                   account.missing(), account.doubled(), account.highest()});
  }
}

result<std::vector<newest_value>> store::newest() {
  // With max(), SQLite takes the other columns from the row that has it.
  PG_TRY(auto ask,
         state_->database.prepare("SELECT series.id, node, device, metric, block, max(last_ns) FROM series"
                                  " JOIN chunk ON chunk.series = series.id WHERE node != '' GROUP BY series.id"));
  std::vector<newest_value> out;
  for (;;) {
    PG_TRY(const bool row, ask.step());
    if (!row) return out;
    auto names = std::make_shared<const series_names>(std::string(ask.text(1)), std::string(ask.text(2)),
                                                      std::string(ask.text(3)));
    newest_value one{std::move(names), series_id(ask.integer(0)), {INT64_MIN}, {}};
    const auto read = state_->chunks.decode(ask.blob(4), [&one](const model::chunk_row& r) {
      if (r.time < one.time) return;
      one.time = r.time;
      one.value = model::value_of(r.value);
      one.quality = r.quality;
    });
    if (read) out.push_back(std::move(one));  // a damaged chunk says nothing
  }
}

result<history_totals> store::totals() {
  PG_TRY(auto ask,
         state_->database.prepare(
             "SELECT (SELECT n FROM total WHERE name = 'readings'), (SELECT n FROM total WHERE name = 'messages'),"
             " (SELECT count(*) FROM gap), (SELECT coalesce(sum(messages), 0) FROM gap),"
             " (SELECT count(*) FROM series WHERE node <> '')"));
  PG_TRY(const bool row, ask.step());
  if (!row) return fail(errc::corrupt, "the history's totals are gone");
  const auto number = [&ask](int column) { return static_cast<std::uint64_t>(ask.integer(column)); };
  history_totals out;
  out.readings = number(0);
  out.messages = number(1);
  out.gaps = number(2);
  out.gap_records = number(3);
  out.series = number(4);
  PG_TRY(const auto accounts, devices());
  for (const auto& a : accounts) {
    out.missing += a.missing;
    out.doubled += a.doubled;
  }
  return out;
}

result<std::vector<known_gap>> store::gaps(std::size_t most) {
  PG_TRY(auto ask, state_->database.prepare("SELECT node, body FROM gap ORDER BY arrival_ns DESC, first DESC LIMIT ?"));
  ask.begin().bind(static_cast<std::int64_t>(most));
  std::vector<known_gap> out;
  for (;;) {
    PG_TRY(const bool row, ask.step());
    if (!row) return out;
    out.push_back({std::string(ask.text(0)), to_buffer(ask.blob(1))});
  }
}

result<bool> store::retain(timestamp oldest) {
  constexpr std::int64_t chunks_at_once = 500;
  auto& s = *state_;
  PG_TRY_VOID(s.let_go_of_own(oldest));
  PG_TRY(auto chunks, s.database.prepare("DELETE FROM chunk WHERE id IN"
                                         " (SELECT id FROM chunk WHERE last_ns < ? ORDER BY id LIMIT ?)"));
  PG_TRY_VOID(chunks.begin().bind(oldest.ns).bind(chunks_at_once).run());
  const bool more = s.database.changes() == chunks_at_once;
  s.writer.forget();  // an open chunk may have gone
  PG_TRY(auto gaps, s.database.prepare("DELETE FROM gap WHERE arrival_ns < ?"));
  PG_TRY_VOID(gaps.begin().bind(oldest.ns).run());
  PG_TRY_VOID(s.database.execute("PRAGMA incremental_vacuum(1000)"));
  return more;
}

}  // namespace perigee::readers::history
