// What is read in columns and left out by what chunks say of themselves, against the plain way.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <format>
#include <limits>
#include <map>

#include "base/random.hpp"
#include "promql/query.hpp"
#include "readers/history/detail/schema.hpp"
#include "readers/history/detail/series_writer.hpp"
#include "readers/history/promql_source.hpp"
#include "sqlite/temporary_folder_test.hpp"

namespace perigee::readers::history {
namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;
constexpr std::int64_t start_ns = 1'732'291'200 * ns_per_s;

/// How a series misbehaves, each as a probability.
struct habits {
  double out_of_order = 0;
  double repeated = 0;  // the time of the reading before
  double gap = 0;
  double nan = 0;
  double no_number = 0;
  double bad = 0;
};

struct written {
  timestamp time;
  model::value value;
  model::quality quality;
};

class random_series {
 public:
  random_series(prng& random, habits of) : random_(random), of_(of) {}

  written next() {
    if (random_.chance(of_.gap)) now_ += random_.between(0, 5000) * ns_per_s;
    if (!random_.chance(of_.repeated)) now_ += random_.between(1, 2 * ns_per_s);
    const auto late = random_.chance(of_.out_of_order) ? random_.between(0, 3000 * ns_per_s) : 0;
    return {{now_ - late}, value(), random_.chance(of_.bad) ? model::quality::bad : model::quality::good};
  }

 private:
  model::value value() {
    if (random_.chance(of_.nan)) return std::numeric_limits<double>::quiet_NaN();
    if (random_.chance(of_.no_number)) return random_.chance(0.5) ? model::value("open") : model::value();
    if (random_.chance(0.1)) return random_.between(-1000, 1000);
    if (random_.chance(0.05)) return random_.chance(0.5);
    return std::round(random_.normal() * 100) / 10;
  }

  prng& random_;
  habits of_;
  std::int64_t now_ = start_ns;
};

/// Buckets of a plain fold, in the order of storing.
std::vector<bucket> folded(const std::vector<written>& all, timestamp from, timestamp to, nanoseconds step) {
  struct cell : bucket {
    timestamp last_at;
  };
  std::map<std::int64_t, cell> cells;
  for (const auto& each : all) {
    const auto value = model::view_of(each.value);
    if (each.time < from || each.time >= to || !model::is_number(value) || std::isnan(model::number_of(value)))
      continue;
    const auto x = model::number_of(value);
    const auto start = from + (each.time - from) / step * step;
    const auto [at, fresh] = cells.try_emplace(start.ns, cell{{start, 0, x, x, 0, x}, each.time});
    auto& c = at->second;
    ++c.count;
    c.min = std::min(c.min, x);
    c.max = std::max(c.max, x);
    c.mean += x;  // a sum until all are there
    if (each.time < c.last_at) continue;
    c.last = x;
    c.last_at = each.time;
  }
  std::vector<bucket> out;
  for (auto& [start, c] : cells) {
    c.mean /= static_cast<double>(c.count);
    out.push_back(c);
  }
  return out;
}

class history_steps : public testing::TestWithParam<habits> {
 protected:
  /// Writes readings straight into a file, past what no payload can say: NaN is no JSON.
  void write(std::size_t readings) {
    auto db = detail::open_database(folder_ / "history.db", "edge-1", false);
    ASSERT_TRUE(db);
    detail::series_writer writer;
    ASSERT_TRUE(writer.open(*db));
    random_series from(random_, GetParam());
    ASSERT_TRUE(db->execute("BEGIN"));
    for (std::size_t i = 0; i < readings; ++i) {
      all_.push_back(from.next());
      const auto& r = all_.back();
      const model::reading_view view{"m", "x", r.time, model::view_of(r.value), r.quality, {}};
      ASSERT_TRUE(writer.add("edge-1", view));
      ASSERT_TRUE(random_.chance(0.002) || i + 1 == readings ? writer.flush() : result<>());
    }
    ASSERT_TRUE(db->execute("COMMIT"));
  }
  std::unique_ptr<store> opened() {
    auto out = store::open({.path = folder_ / "history.db", .node = {}, .read_only = true});
    EXPECT_TRUE(out);
    return out ? *std::move(out) : nullptr;
  }
  timestamp any_time() { return {start_ns + random_.between(-100, 30'000) * ns_per_s + random_.between(0, ns_per_s)}; }

  prng random_{20261123};
  sqlite::temporary_folder folder_;
  std::vector<written> all_;
};

TEST_P(history_steps, agree_with_a_plain_fold) {
  write(12'345);
  const auto in = opened();
  const auto of = in->find("m", "x");
  ASSERT_TRUE(of);
  for (int i = 0; i < 60; ++i) {
    auto from = any_time();
    auto to = any_time();
    if (to < from) std::swap(from, to);
    const nanoseconds step(i % 3 == 0 ? random_.between(5, 50) * ns_per_s : random_.between(100, 20'000) * ns_per_s);
    const auto answer = in->by_step(*of, from, to, step);
    ASSERT_TRUE(answer) << answer.error().what;
    ASSERT_FALSE(answer->thinned);
    const auto expected = folded(all_, from, to, step);
    ASSERT_EQ(answer->buckets.size(), expected.size());
    for (std::size_t b = 0; b < expected.size(); ++b) {
      const auto& got = answer->buckets[b];
      SCOPED_TRACE(std::format("query {}, bucket {}", i, b));
      EXPECT_EQ(got.start, expected[b].start);
      EXPECT_EQ(got.count, expected[b].count);
      EXPECT_EQ(got.min, expected[b].min);
      EXPECT_EQ(got.max, expected[b].max);
      EXPECT_NEAR(got.mean, expected[b].mean, 1e-9);
      EXPECT_EQ(got.last, expected[b].last);
    }
  }
}

TEST_P(history_steps, pages_give_each_reading_once_and_by_time) {
  write(5000);
  const auto in = opened();
  const auto of = in->find("m", "x");
  ASSERT_TRUE(of);
  auto expected = all_;
  std::ranges::stable_sort(expected, {}, &written::time);
  std::vector<point> seen;
  std::optional<timestamp> from = timestamp{};
  while (from) {
    const auto page = in->page(*of, *from, {std::numeric_limits<std::int64_t>::max()}, 700);
    ASSERT_TRUE(page);
    ASSERT_FALSE(page->points.empty());
    seen.insert(seen.end(), page->points.begin(), page->points.end());
    from = page->next;
  }
  ASSERT_EQ(seen.size(), expected.size());
  for (std::size_t i = 0; i < seen.size(); ++i) {
    ASSERT_EQ(seen[i].time, expected[i].time) << i;
    ASSERT_EQ(seen[i].value.index(), expected[i].value.index()) << i;
    ASSERT_EQ(seen[i].quality, expected[i].quality) << i;
  }
}

/// Reads all that a selection spans, whatever its windows leave out.
class whole_source final : public promql::source {
 public:
  explicit whole_source(promql::source& from) : from_(from) {}
  promql::outcome<std::vector<promql::series>> select(const promql::selection& what) override {
    auto all = what;
    all.windows.reset();
    return from_.select(all);
  }
  bool out_of_time() override { return false; }

 private:
  promql::source& from_;
};

std::string said(const promql::outcome<promql::answer>& of) {
  if (!of) return of.error().message;
  std::string out;
  for (const auto& each : of->series) {
    out += each.labels.text();
    for (const auto& s : each.samples) out += std::format(" {}@{}", promql::to_text(s.value), s.time_ms);
    out += '\n';
  }
  return out;
}

TEST_P(history_steps, windows_leave_out_nothing_that_a_query_looks_at) {
  write(12'345);
  const auto in = opened();
  promql_source from(*in, "edge-1");
  whole_source whole(from);
  for (const auto* text : {"x", "timestamp(x)", "max_over_time(x[2m])", "count_over_time(x[20m])", "x offset 7m",
                           "max_over_time(x[10m:3m])", "x @ end()", "absent(x)"}) {
    const auto query = promql::query::parse(text);
    ASSERT_TRUE(query);
    for (const std::int64_t step_s : {1, 100, 777, 3600}) {
      const auto first = any_time().ns / 1'000'000;
      const promql::evaluation_range when{first, first + 50 * step_s * 1000 + 17, step_s * 1000};
      EXPECT_EQ(said(query->over(from, when)), said(query->over(whole, when))) << text << " by " << step_s;
      EXPECT_EQ(said(query->at(from, first)), said(query->at(whole, first))) << text;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(series, history_steps,
                         testing::Values(habits{}, habits{.out_of_order = 0.05}, habits{.repeated = 0.5, .gap = 0.002},
                                         habits{.nan = 0.2, .no_number = 0.2},
                                         habits{.out_of_order = 0.01, .repeated = 0.01, .nan = 0.001, .bad = 0.1},
                                         habits{.no_number = 1}));

}  // namespace
}  // namespace perigee::readers::history
