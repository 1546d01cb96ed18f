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
#include "sim/tally.hpp"

namespace perigee::sim {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Virtual time, randomness from one seed, what happens next, and a trace of what happened. Everything of a run hangs
/// on it; the same seed gives the same trace. One at a time: it is the process's clock while it lives.
class world final : public time_source {
 public:
  explicit world(std::uint64_t seed);
  ~world() override;
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  [[nodiscard]] clock::time_point now() const { return now_; }
  [[nodiscard]] nanoseconds monotonic() const noexcept override { return now_.time_since_epoch(); }
  [[nodiscard]] timestamp wall() const noexcept override;
  [[nodiscard]] bool simulated() const noexcept override { return true; }
  /// How far the wall clock of the node whose turn it is stands off; answers what it was.
  nanoseconds set_wall_error(nanoseconds off) { return std::exchange(wall_error_, off); }

  [[nodiscard]] prng& random() { return random_; }
  /// A duration from nothing to twice `mean`.
  [[nodiscard]] nanoseconds around(nanoseconds mean);

  void after(nanoseconds delay, std::move_only_function<void()> step);
  /// Until `end`, or the first promise is broken.
  void run_until(clock::time_point end);

  /// Something happened: part of the trace, and printed where the trace is shown.
  void note(std::string_view who, std::string_view what, std::uint64_t number = 0);
  [[nodiscard]] std::uint64_t trace() const { return trace_; }
  void show_trace(bool shown) { shown_ = shown; }

  /// A promise is broken; the text starts with its name ("P1: ..."). The first few are kept.
  void broken(std::string what);
  [[nodiscard]] const std::vector<std::string>& failures() const { return failures_; }
  /// A checker looked at something: by the name of the promise and of what was looked at.
  void judged(std::string_view what, std::uint64_t times = 1) { judged_.add(what, times); }
  [[nodiscard]] const tally& judgements() const { return judged_; }
  /// A fault struck.
  void struck(std::string_view fault) { struck_.add(fault); }
  [[nodiscard]] const tally& faults() const { return struck_; }

 private:
  prng random_;
  clock::time_point now_{};
  nanoseconds wall_error_{};
  std::uint64_t steps_ = 0;
  std::uint64_t steps_at_once_ = 0;  // without the clock moving
  std::map<std::pair<clock::time_point, std::uint64_t>, std::move_only_function<void()>> todo_;
  std::uint64_t trace_ = 0xcbf29ce484222325ULL;
  bool shown_ = false;
  std::vector<std::string> failures_;
  tally judged_;
  tally struck_;
};

}  // namespace perigee::sim
