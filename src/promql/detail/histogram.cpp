#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "promql/detail/vector_functions.hpp"

namespace perigee::promql::detail::vectors {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view bound_label = "le";

struct bucket {
  double upper = 0;
  double count = 0;  // of this bucket and all below
};

/// The upper bound that a bucket's label says: a number, or "+Inf".
std::optional<double> bound_of(const labels& of) {
  auto text = of.get(bound_label);
  if (text.starts_with('+')) text.remove_prefix(1);
  double out = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || wrong != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

/// By bound, each bound once. Counts that a scrape in the middle of an observation left smaller than the one below are
/// raised to it.
std::vector<bucket> in_order(std::vector<bucket> all) {
  std::ranges::stable_sort(all, {}, &bucket::upper);
  std::vector<bucket> out;
  for (const auto& each : all) {
    if (!out.empty() && out.back().upper == each.upper) {
      out.back().count += each.count;
    } else {
      out.push_back(each);
    }
  }
  for (std::size_t i = 1; i < out.size(); ++i) out[i].count = std::max(out[i].count, out[i - 1].count);
  return out;
}

/// Where the rank falls in its bucket, whose observations are taken to lie evenly; below the first bound from zero on.
double quantile_in(double q, std::vector<bucket> unordered) {
  if (std::isnan(q)) return not_a_number;
  if (q < 0) return -infinity;
  if (q > 1) return infinity;
  const auto all = in_order(std::move(unordered));
  if (all.size() < 2 || all.back().upper != infinity || !(all.back().count > 0)) return not_a_number;
  double rank = q * all.back().count;
  const auto found = std::find_if(all.begin(), all.end() - 1, [rank](const bucket& b) { return b.count >= rank; });
  if (found == all.end() - 1) return all[all.size() - 2].upper;
  if (found == all.begin() && found->upper <= 0) return found->upper;
  double lower = 0;
  double count = found->count;
  if (found != all.begin()) {
    const auto& below = *(found - 1);
    lower = below.upper;
    count -= below.count;
    rank -= below.count;
  }
  return lower + (found->upper - lower) * (rank / count);
}

}  // namespace

outcome<instant_vector> histogram_quantile(evaluator& in, const call_node& node, std::int64_t instant_ms) {
  PG_TRY(const auto q, in.scalar_at(*node.arguments[0], instant_ms));
  PG_TRY(const auto values, in.vector_at(*node.arguments[1], instant_ms));
  std::vector<std::pair<label_set, std::vector<bucket>>> histograms;
  std::unordered_map<label_set, std::size_t> places;
  auto& memo = in.memo(&node);
  for (const auto& each : values) {
    const auto bound = bound_of(in.pool()[each.labels]);
    if (!bound) continue;
    const auto key = memo.of(in.pool(), each.labels, [](labels of) {
      of.remove(metric_name_label);
      of.remove(bound_label);
      return of;
    });
    const auto [place, fresh] = places.try_emplace(key, histograms.size());
    if (fresh) histograms.push_back({key, {}});
    histograms[place->second].second.push_back({*bound, each.value});
  }
  instant_vector out;
  for (auto& [key, buckets] : histograms) out.push_back({key, quantile_in(q, std::move(buckets))});
  return out;
}

}  // namespace perigee::promql::detail::vectors
