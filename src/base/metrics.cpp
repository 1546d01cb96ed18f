#include "base/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <format>
#include <iterator>
#include <set>
#include <vector>

namespace perigee::metrics {
namespace {

constexpr double smallest_bucket_seconds = 1e-6;
constexpr double buckets_per_octave = 4;

std::string braced(std::string_view labels, std::string_view extra = {}) {
  if (labels.empty() && extra.empty()) return {};
  return std::format("{{{}{}{}}}", labels, labels.empty() || extra.empty() ? "" : ",", extra);
}

/// By name: the format wants the lines of one metric as one group, however they were made.
template <class T>
std::vector<const T*> grouped(const std::deque<T>& entries) {
  std::vector<const T*> out;
  out.reserve(entries.size());
  for (const auto& e : entries) out.push_back(&e);
  std::ranges::stable_sort(out, {}, &T::name);
  return out;
}

/// HELP and TYPE come once per name, however many label sets it has.
void preamble(std::string& out, std::set<std::string>& seen, std::string_view name, std::string_view help,
              std::string_view type) {
  if (!seen.emplace(name).second) return;
  std::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void expose(std::string& out, std::string_view name, std::string_view labels, const histogram& h) {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i + 1 < histogram::bucket_count; ++i) {
    below += h.in_bucket(i);
    if ((i + 1) % 8 != 0) continue;  // every second octave is enough for a dashboard
    const auto le = std::format("le=\"{}\"", histogram::upper_bound(i));
    std::format_to(std::back_inserter(out), "{}_bucket{} {}\n", name, braced(labels, le), below);
  }
  std::format_to(std::back_inserter(out), "{0}_bucket{1} {3}\n{0}_sum{2} {4}\n{0}_count{2} {3}\n", name,
                 braced(labels, "le=\"+Inf\""), braced(labels), h.count(), h.sum());
}

}  // namespace

double histogram::upper_bound(std::size_t bucket) noexcept {
  return smallest_bucket_seconds * std::exp2(static_cast<double>(bucket) / buckets_per_octave);
}

void histogram::observe(double seconds) noexcept {
  const double position = std::ceil(std::log2(std::max(seconds, 1e-12) / smallest_bucket_seconds) * buckets_per_octave);
  const auto bucket = static_cast<std::size_t>(std::clamp(position, 0.0, static_cast<double>(bucket_count - 1)));
  buckets_[bucket].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(seconds, std::memory_order_relaxed);
}

std::uint64_t histogram::count() const noexcept {
  std::uint64_t total = 0;
  for (const auto& b : buckets_) total += b.load(std::memory_order_relaxed);
  return total;
}

double histogram::quantile(double q) const noexcept {
  const auto total = count();
  if (total == 0) return 0;
  const auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(total)));
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < bucket_count; ++i) {
    below += in_bucket(i);
    if (below >= std::max<std::uint64_t>(rank, 1)) return upper_bound(i);
  }
  return upper_bound(bucket_count - 1);
}

template <class T>
T& registry::find_or_make(std::deque<entry<T>>& in, std::string_view name, std::string_view help,
                          std::string_view labels) {
  for (auto& e : in) {
    if (e.name == name && e.labels == labels) return e.metric;
  }
  auto& made = in.emplace_back();
  made.name = name;
  made.help = help;
  made.labels = labels;
  return made.metric;
}

counter& registry::make_counter(std::string_view name, std::string_view help, std::string_view labels) {
  const std::lock_guard hold(lock_);
  return find_or_make(counters_, name, help, labels);
}
gauge& registry::make_gauge(std::string_view name, std::string_view help, std::string_view labels) {
  const std::lock_guard hold(lock_);
  return find_or_make(gauges_, name, help, labels);
}
histogram& registry::make_histogram(std::string_view name, std::string_view help, std::string_view labels) {
  const std::lock_guard hold(lock_);
  return find_or_make(histograms_, name, help, labels);
}

std::string registry::exposition() const {
  const std::lock_guard hold(lock_);
  std::string out;
  std::set<std::string> seen;
  for (const auto* e : grouped(counters_)) {
    preamble(out, seen, e->name, e->help, "counter");
    std::format_to(std::back_inserter(out), "{}{} {}\n", e->name, braced(e->labels), e->metric.value());
  }
  for (const auto* e : grouped(gauges_)) {
    preamble(out, seen, e->name, e->help, "gauge");
    std::format_to(std::back_inserter(out), "{}{} {}\n", e->name, braced(e->labels), e->metric.value());
  }
  for (const auto* e : grouped(histograms_)) {
    preamble(out, seen, e->name, e->help, "histogram");
    expose(out, e->name, e->labels, e->metric);
  }
  return out;
}

}  // namespace perigee::metrics
