#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/limits.hpp"
#include "readers/history/detail/chunk_walk.hpp"
#include "readers/history/detail/store_state.hpp"
#include "readers/history/store.hpp"

namespace perigee::readers::history {

using detail::chunk_walk;

namespace {

std::uint64_t distance(std::int64_t from, std::int64_t to) {
  return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
}

/// A bucket on its way. Of several numbers of one time the one stored last is the last, whatever order they are folded
/// in.
struct cell {
  std::uint64_t count = 0;
  double min = 0;
  double max = 0;
  double sum = 0;
  double last = 0;
  std::int64_t last_ns = 0;
  std::int64_t last_chunk = 0;

  void add(const cell& x) {
    if (count == 0) {
      *this = x;
      return;
    }
    count += x.count;
    min = std::min(min, x.min);
    max = std::max(max, x.max);
    sum += x.sum;
    if (std::tie(x.last_ns, x.last_chunk) < std::tie(last_ns, last_chunk)) return;
    last = x.last;
    last_ns = x.last_ns;
    last_chunk = x.last_chunk;
  }
};

/// Which buckets an answer has: of one width, side by side.
struct grid {
  std::int64_t first_ns;
  std::int64_t last_ns;  // the last nanosecond that is asked for
  std::uint64_t width;
  std::uint64_t widened;  // by how much

  /// What lies before the first chunk is passed over in whole steps, so that buckets stay aligned to `from`.
  grid(timestamp from, timestamp to, nanoseconds step, const detail::extent& of)
      : first_ns(from.ns), last_ns(std::min(to.ns - 1, of.last_ns)), width(static_cast<std::uint64_t>(step.count())) {
    const auto skipped = of.first_ns > from.ns ? distance(from.ns, of.first_ns) / width * width : 0;
    first_ns = static_cast<std::int64_t>(static_cast<std::uint64_t>(from.ns) + skipped);
    widened = (distance(first_ns, last_ns) / width) / limits::history_points_max + 1;
    width *= widened;
  }
  [[nodiscard]] bool contains(std::int64_t ns) const { return ns >= first_ns && ns <= last_ns; }
  [[nodiscard]] std::uint64_t place(std::int64_t ns) const { return distance(first_ns, ns) / width; }
  [[nodiscard]] std::int64_t start_of(std::uint64_t place) const {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(first_ns) + place * width);
  }
};

class step_fold {
 public:
  explicit step_fold(const grid& over) : over_(over), cells_(over.place(over.last_ns) + 1) {}

  /// False where the chunk has to be opened: it lies in several buckets, or holds what is no number, and then does not
  /// say when its last number was.
  bool add(const detail::chunk_summary& s, std::int64_t chunk) {
    if (s.numbers == 0) return true;
    const bool inside = over_.contains(s.first_ns) && over_.contains(s.last_ns);
    if (!inside || s.numbers != s.count || over_.place(s.first_ns) != over_.place(s.last_ns)) return false;
    cells_[over_.place(s.first_ns)].add(
        {static_cast<std::uint64_t>(s.numbers), s.min, s.max, s.sum, s.last, s.last_ns, chunk});
    return true;
  }
  void add(const model::number_columns& rows, std::int64_t chunk) {
    for (std::size_t i = 0; i < rows.values.size();) {
      if (!over_.contains(rows.times_ns[i])) {
        ++i;
        continue;
      }
      const auto place = over_.place(rows.times_ns[i]);
      cell run{.last_chunk = chunk};
      i = fold_run(rows, i, over_.start_of(place), run);
      if (run.count != 0) cells_[place].add(run);
    }
  }

  [[nodiscard]] std::vector<bucket> buckets() const {
    std::vector<bucket> out;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      const auto& c = cells_[i];
      if (c.count == 0) continue;
      out.push_back({{over_.start_of(i)}, c.count, c.min, c.max, c.sum / static_cast<double>(c.count), c.last});
    }
    return out;
  }

 private:
  /// The rows from `i` on that lie in one bucket; where the next one does not. Nearly always all of the chunk's.
  std::size_t fold_run(const model::number_columns& rows, std::size_t i, std::int64_t start_ns, cell& into) const {
    const auto width = std::min(over_.width, distance(start_ns, over_.last_ns) + 1);
    for (; i < rows.values.size(); ++i) {
      const auto ns = rows.times_ns[i];
      const auto x = rows.values[i];
      if (distance(start_ns, ns) >= width) break;
      if (std::isnan(x)) continue;
      if (into.count++ == 0) {
        into.min = into.max = x;
        into.last_ns = ns;
      }
      into.min = std::min(into.min, x);
      into.max = std::max(into.max, x);
      into.sum += x;
      if (ns < into.last_ns) continue;
      into.last = x;
      into.last_ns = ns;
    }
    return i;
  }

  grid over_;
  std::vector<cell> cells_;
};

}  // namespace

result<step_answer> store::by_step(series_id of, timestamp from, timestamp to, nanoseconds step) {
  if (step.count() <= 0 || from > to) return fail(errc::malformed, "a step is positive, and a range does not run back");
  auto& s = *state_;
  step_answer out;
  out.step = step;
  if (from == to) return out;
  PG_TRY(const auto all, detail::extent_of(s.database, of, from, to));
  if (!all) return out;
  const grid over(from, to, step, *all);
  out.step = nanoseconds(static_cast<std::int64_t>(over.width));
  out.thinned = over.widened > 1;
  step_fold fold(over);
  PG_TRY(auto walk, chunk_walk::open(s.database, s.within, of, {over.first_ns}, to, chunk_walk::order::as_found));
  for (;;) {
    PG_TRY(const bool more, walk.next());
    if (!more) break;
    if (fold.add(walk.summary(), walk.number())) continue;
    PG_TRY(const auto block, walk.block());
    PG_TRY(const auto rows, s.chunks.numbers(block));
    fold.add(rows, walk.number());
  }
  out.buckets = fold.buckets();
  return out;
}

}  // namespace perigee::readers::history
