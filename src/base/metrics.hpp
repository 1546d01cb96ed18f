#pragma once
// Counters, gauges and histograms that cost an atomic add; base/exposition.hpp has their text forms.

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>

#include "base/exposition.hpp"
#include "base/function_ref.hpp"

namespace perigee::metrics {

/// Only goes up. Any thread.
class counter {
 public:
  void add(std::uint64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

/// Goes up and down. Any thread.
class gauge {
 public:
  void set(double x) noexcept { value_.store(x, std::memory_order_relaxed); }
  void add(double x) noexcept { value_.fetch_add(x, std::memory_order_relaxed); }
  [[nodiscard]] double value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_ = 0;
};

/// Only goes up, and somebody else counts: the kernel, for one. Any thread.
class foreign_counter {
 public:
  void set(double x) noexcept { value_.store(x, std::memory_order_relaxed); }
  [[nodiscard]] double value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_ = 0;
};

/// Durations in 4 buckets per power of two from 1 µs to about 17 min: a quantile is exact to 19 %. Any thread.
class histogram {
 public:
  void observe(double seconds) noexcept;
  [[nodiscard]] std::uint64_t count() const noexcept;
  [[nodiscard]] double sum() const noexcept { return sum_.load(std::memory_order_relaxed); }
  /// Upper bound in seconds of the bucket that holds the q-quantile, q in [0, 1]; 0 when nothing was observed.
  [[nodiscard]] double quantile(double q) const noexcept;

  static constexpr std::size_t bucket_count = 121;
  [[nodiscard]] static double upper_bound(std::size_t bucket) noexcept;
  [[nodiscard]] std::uint64_t in_bucket(std::size_t bucket) const noexcept {
    return buckets_[bucket].load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<std::uint64_t>, bucket_count> buckets_{};
  std::atomic<double> sum_ = 0;
};

/// Owns every metric of a node; a metric lives as long as its registry. Names follow Prometheus: `perigee_x_total`,
/// `perigee_y_bytes`, `perigee_z_seconds`. `labels` is the text between the braces: `lane="bulk"`, or empty.
/// Asking again for the same name and labels gives the same metric.
class registry {
 public:
  counter& make_counter(std::string_view name, std::string_view help, std::string_view labels = {});
  gauge& make_gauge(std::string_view name, std::string_view help, std::string_view labels = {});
  histogram& make_histogram(std::string_view name, std::string_view help, std::string_view labels = {});
  foreign_counter& make_foreign_counter(std::string_view name, std::string_view help, std::string_view labels = {});

  void expose(metrics::exposition& into) const;
  /// The whole of it as one text.
  [[nodiscard]] std::string text(text_format f = text_format::prometheus) const;
  /// Every sample that `expose` would write, in the same order: name, labels, value.
  void for_each_sample(function_ref<void(std::string_view, std::string_view, double)> each) const;

 private:
  template <class T>
  struct entry {
    std::string name;
    std::string help;
    std::string labels;
    T metric;
  };
  template <class T>
  static T& find_or_make(std::deque<entry<T>>& in, std::string_view name, std::string_view help,
                         std::string_view labels);
  template <class Family>
  void visit(Family family, function_ref<void(std::string_view, std::string_view, double)> sample) const;

  mutable std::mutex lock_;  // guards the lists; never taken to count
  std::deque<entry<counter>> counters_;
  std::deque<entry<foreign_counter>> foreign_counters_;
  std::deque<entry<gauge>> gauges_;
  std::deque<entry<histogram>> histograms_;
};

}  // namespace perigee::metrics
