#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"

namespace perigee::sim {

using std::chrono::milliseconds;

/// Virtual time, randomness from one seed, what happens next, and a trace of what happened. Everything of a run hangs
/// on it; the same seed gives the same trace.
class world {
 public:
  explicit world(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] clock::time_point now() const { return now_; }
  [[nodiscard]] timestamp wall() const { return timestamp{1'700'000'000'000'000'000} + now_.time_since_epoch(); }
  [[nodiscard]] prng& random() { return random_; }
  /// A duration from nothing to twice `mean`.
  [[nodiscard]] nanoseconds around(nanoseconds mean);

  void after(nanoseconds delay, std::move_only_function<void()> step);
  void run_until(clock::time_point end);

  /// Something happened: part of the trace, and printed where the trace is shown.
  void note(std::string_view who, std::string_view what, std::uint64_t number = 0);
  [[nodiscard]] std::uint64_t trace() const { return trace_; }
  void show_trace(bool shown) { shown_ = shown; }

  /// A promise is broken. The first few are kept.
  void broken(std::string what);
  [[nodiscard]] const std::vector<std::string>& failures() const { return failures_; }

 private:
  prng random_;
  clock::time_point now_{};
  std::uint64_t steps_ = 0;
  std::map<std::pair<clock::time_point, std::uint64_t>, std::move_only_function<void()>> todo_;
  std::uint64_t trace_ = 0xcbf29ce484222325ULL;
  bool shown_ = false;
  std::vector<std::string> failures_;
};

}  // namespace perigee::sim
