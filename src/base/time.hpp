#pragma once
// Time, with its source as an argument: base reads no OS clock. io installs the machine's clocks, a simulation its own.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace perigee {

using std::chrono::nanoseconds;

/// Nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted. Wall time: it may jump.
struct timestamp {
  std::int64_t ns = 0;

  constexpr auto operator<=>(const timestamp&) const = default;
  constexpr timestamp operator+(nanoseconds d) const { return {ns + d.count()}; }
  constexpr timestamp operator-(nanoseconds d) const { return {ns - d.count()}; }
  constexpr nanoseconds operator-(timestamp other) const { return nanoseconds(ns - other.ns); }
};

/// "2026-11-22T10:02:03.123456789Z" with as many decimals as needed, none for whole seconds.
[[nodiscard]] std::string to_iso8601(timestamp t);
/// RFC 3339 date-time, 'T' or space between, zone optional (UTC where absent), up to nine decimals.
[[nodiscard]] result<timestamp> from_iso8601(std::string_view text);

/// Where a process gets its time from: the machine (io::install_real_clock) or a simulation. Lives as long as it is
/// used.
class time_source {
 public:
  virtual ~time_source() = default;
  [[nodiscard]] virtual nanoseconds monotonic() const noexcept = 0;
  [[nodiscard]] virtual timestamp wall() const noexcept = 0;
  /// True where time only moves when a simulation moves it; timers then never wait in real time.
  [[nodiscard]] virtual bool simulated() const noexcept = 0;
};

/// The monotonic clock of deadlines and timers (a standard Clock), and wall time beside it.
struct clock {
  using duration = nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<clock>;
  static constexpr bool is_steady = true;

  static void install(const time_source& source) noexcept;
  /// What was installed last; null before.
  static const time_source* source() noexcept;
  static time_point now() noexcept;
  static timestamp wall() noexcept;
  static bool simulated() noexcept;
};

}  // namespace perigee
