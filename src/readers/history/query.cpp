#include <algorithm>
#include <map>
#include <optional>

#include "base/limits.hpp"
#include "readers/history/detail/chunk_walk.hpp"
#include "readers/history/detail/store_state.hpp"
#include "readers/history/store.hpp"

namespace perigee::readers::history {

using detail::chunk_walk;

namespace {

/// The first so many of a range, by time and then as they were stored; all of the last one's time.
class first_points {
 public:
  explicit first_points(std::size_t most) : most_(most) {}

  /// Whether enough are there that are all earlier.
  [[nodiscard]] bool is_before(timestamp t) const { return kept_.size() >= most_ && t > last(); }
  void leave_out(timestamp t) { next_ = std::min(next_.value_or(t), t); }
  void add(const model::chunk_row& r, std::int64_t chunk) {
    if (is_before(r.time)) return leave_out(r.time);
    kept_.emplace(place{r.time, chunk}, point{r.time, model::value_of(r.value), r.quality});
    // What came in before the newest of them may have made those superfluous.
    const auto newest = kept_.lower_bound(place{last(), INT64_MIN});
    const auto of_newest = static_cast<std::size_t>(std::distance(newest, kept_.end()));
    if (kept_.size() - of_newest < most_) return;
    leave_out(last());
    kept_.erase(newest, kept_.end());
  }
  [[nodiscard]] raw_page page() && {
    raw_page out{.points = {}, .next = next_};
    for (auto& [at, one] : kept_) out.points.push_back(std::move(one));
    return out;
  }

 private:
  using place = std::pair<timestamp, std::int64_t>;  // time and chunk
  [[nodiscard]] timestamp last() const { return kept_.rbegin()->first.first; }

  std::size_t most_;
  std::multimap<place, point> kept_;
  std::optional<timestamp> next_{};
};

}  // namespace

result<> store::scan(series_id of, timestamp from, timestamp to, function_ref<void(const model::chunk_row&)> each) {
  auto& s = *state_;
  const auto inside = [&](const model::chunk_row& r) {
    if (r.time >= from && r.time < to) each(r);
  };
  PG_TRY(auto walk, chunk_walk::open(s.database, s.within, of, from, to, chunk_walk::order::stored_first));
  for (;;) {
    PG_TRY(const bool more, walk.next());
    if (!more) return {};
    PG_TRY(const auto block, walk.block());
    PG_TRY_VOID(s.chunks.decode(block, inside));
  }
}

result<> store::numbers(series_id of, timestamp from, timestamp to, function_ref<bool(timestamp, timestamp)> wants,
                        function_ref<bool(const model::number_columns&)> each) {
  auto& s = *state_;
  if (const auto* const newest = s.own_kept_of(of); newest != nullptr) {
    if (!each({newest->times_ns, newest->values, {}})) return {};
  }
  PG_TRY(auto walk, chunk_walk::open(s.database, s.within, of, from, to, chunk_walk::order::stored_last_first));
  for (;;) {
    PG_TRY(const bool more, walk.next());
    if (!more) return {};
    if (!wants(walk.first(), walk.last())) continue;
    PG_TRY(const auto block, walk.block());
    PG_TRY(const auto rows, s.chunks.numbers(block));
    if (!each(rows)) return {};
  }
}

result<raw_answer> store::raw(series_id of, timestamp from, timestamp to) {
  raw_answer out;
  PG_TRY(const auto all, detail::extent_of(state_->database, of, from, to));
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
  auto& s = *state_;
  first_points first(most);
  PG_TRY(auto walk, chunk_walk::open(s.database, s.within, of, from, to, chunk_walk::order::earliest_first));
  for (;;) {
    PG_TRY(const bool more, walk.next());
    if (!more) break;
    if (first.is_before(walk.first())) {
      first.leave_out(walk.first());  // and with it all that follow
      break;
    }
    PG_TRY(const auto block, walk.block());
    PG_TRY_VOID(s.chunks.decode(block, [&](const model::chunk_row& r) {
      if (r.time >= from && r.time < to) first.add(r, walk.number());
    }));
  }
  return std::move(first).page();
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
