#include "base/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <format>
#include <vector>

namespace perigee::metrics {
namespace {

constexpr double smallest_bucket_seconds = 1e-6;
constexpr double buckets_per_octave = 4;

/// By name: the format wants the lines of one metric as one group, however they were made.
template <class T>
std::vector<const T*> grouped(const std::deque<T>& entries) {
  std::vector<const T*> out;
  out.reserve(entries.size());
  for (const auto& e : entries) out.push_back(&e);
  std::ranges::stable_sort(out, {}, &T::name);
  return out;
}

using sample_sink = function_ref<void(std::string_view, std::string_view, double)>;

template <class Metric>
void give(std::string_view name, std::string_view labels, const Metric& m, sample_sink sample) {
  sample(name, labels, static_cast<double>(m.value()));
}

void give(const std::string& name, std::string_view labels, const histogram& h, sample_sink sample) {
  const auto with_bound = [labels](std::string_view bound) {
    return std::format("{}{}le=\"{}\"", labels, labels.empty() ? "" : ",", bound);
  };
  std::uint64_t below = 0;
  for (std::size_t i = 0; i + 1 < histogram::bucket_count; ++i) {
    below += h.in_bucket(i);
    if ((i + 1) % 8 != 0) continue;  // every second octave is enough for a dashboard
    sample(name + "_bucket", with_bound(std::format("{}", histogram::upper_bound(i))), static_cast<double>(below));
  }
  const auto all = static_cast<double>(h.count());
  sample(name + "_bucket", with_bound("+Inf"), all);
  sample(name + "_sum", labels, h.sum());
  sample(name + "_count", labels, all);
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

foreign_counter& registry::make_foreign_counter(std::string_view name, std::string_view help, std::string_view labels) {
  const std::lock_guard hold(lock_);
  return find_or_make(foreign_counters_, name, help, labels);
}

/// `family` once for each name, however many label sets it has, then their samples.
template <class Family>
void registry::visit(Family family, sample_sink sample) const {
  const std::lock_guard hold(lock_);
  const auto all_of = [&](const auto& entries, family_type type) {
    std::string_view last;
    for (const auto* e : grouped(entries)) {
      if (e->name != last) family(e->name, e->help, type);
      last = e->name;
      give(e->name, e->labels, e->metric, sample);
    }
  };
  all_of(counters_, family_type::counter);
  all_of(foreign_counters_, family_type::counter);
  all_of(gauges_, family_type::gauge);
  all_of(histograms_, family_type::histogram);
}

void registry::expose(metrics::exposition& into) const {
  visit([&into](std::string_view name, std::string_view help, family_type type) { into.family(name, help, type); },
        [&into](std::string_view name, std::string_view labels, double value) { into.sample(name, labels, value); });
}

std::string registry::text(text_format f) const {
  metrics::exposition out(f);
  expose(out);
  return out.take();
}

void registry::for_each_sample(sample_sink each) const {
  visit([](std::string_view, std::string_view, family_type) {}, each);
}

}  // namespace perigee::metrics
