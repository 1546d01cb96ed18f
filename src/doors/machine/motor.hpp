#pragma once
// An electric motor with a pump behind it, simulated from a seed: enough physics that a rule's decision shows.

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/error.hpp"
#include "base/random.hpp"
#include "base/time.hpp"

namespace perigee::doors::machine {

/// What can be made to go wrong while the motor runs.
enum class fault : std::uint8_t { bearing = 0, overload = 1, sensor_stuck = 2, cooling_loss = 3 };
inline constexpr std::size_t fault_count = 4;
[[nodiscard]] std::string_view name_of(fault f);
[[nodiscard]] result<fault> fault_from(std::string_view name);

/// What the motor's sensors show.
struct motor_reading {
  double speed_rpm = 0;
  double load = 0;           // of the rated torque
  double temperature_c = 0;  // of the winding
  double current_a = 0;
  double vibration_mm_s = 0;  // RMS, as ISO 10816 judges machines
  bool running = false;
};

/// Repeats exactly from the same seed, steps and commands. Owned by its machine_source.
///
/// The winding warms with the square of the current towards what its cooling can carry off (one time constant); the
/// pump's load goes with the square of the speed, so slowing down cools. A worn bearing shakes, rubs and wears faster.
class motor {
 public:
  explicit motor(std::uint64_t seed);

  void advance(nanoseconds step);
  [[nodiscard]] motor_reading read();

  /// As a fraction of the rated speed, taken into [0, 1.2]. 0 stops.
  void set_speed(double fraction);
  void set_fault(fault f, bool on);
  [[nodiscard]] bool has(fault f) const { return faults_[static_cast<std::size_t>(f)]; }
  /// 0 new, 1 broken: then the motor stands still.
  [[nodiscard]] double bearing_wear() const { return wear_; }

 private:
  [[nodiscard]] double current() const;
  void warm(double seconds);
  void wear_bearing(double seconds);

  prng random_;
  std::array<bool, fault_count> faults_{};
  double asked_ = 1;        // speed, fraction of rated
  double speed_ = 0;        // the same, as it is
  double swing_phase_ = 0;  // of the slow change in what the pump has to do
  double load_ = 0;
  double temperature_;
  double stuck_at_ = 0;  // what a stuck temperature sensor shows
  double wear_;
};

}  // namespace perigee::doors::machine
