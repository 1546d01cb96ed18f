#include "doors/machine/motor.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace perigee::doors::machine {
namespace {

constexpr std::array<std::string_view, fault_count> fault_names{"bearing", "overload", "sensor_stuck", "cooling_loss"};

constexpr double rated_rpm = 1480;
constexpr double rated_current_a = 21.5;
constexpr double idle_current_share = 0.32;  // magnetising current, of the rated
constexpr double speed_max = 1.2;
constexpr double speed_seconds = 1.5;   // time constants
constexpr double thermal_seconds = 20;  // a real winding takes minutes; a demonstration does not have them
constexpr double ambient_c = 24;
constexpr double rated_rise_c = 44;  // above ambient at the rated current, cooled well
constexpr double cooling_loss_factor = 2.4;
constexpr double usual_load = 0.8;
constexpr double overload_factor = 1.6;
constexpr double swing = 0.06;
constexpr double swing_seconds = 47;
constexpr double worn_in_healthy_seconds = 3e7;  // about a year of running
constexpr double worn_in_faulty_seconds = 240;
constexpr double new_vibration_mm_s = 0.9;
constexpr double worn_vibration_mm_s = 11;  // ISO 10816: above 7.1 a machine of this size is to be stopped

/// How far a first-order quantity goes towards its goal in a step of any length.
double approach(double seconds, double time_constant) { return 1 - std::exp(-seconds / time_constant); }

}  // namespace

std::string_view name_of(fault f) { return fault_names[static_cast<std::size_t>(f)]; }

result<fault> fault_from(std::string_view name) {
  const auto found = std::ranges::find(fault_names, name);
  if (found == fault_names.end()) {
    return fail(errc::not_found, "a fault is one of bearing, overload, sensor_stuck, cooling_loss");
  }
  return static_cast<fault>(found - fault_names.begin());
}

motor::motor(std::uint64_t seed) : random_(seed), temperature_(ambient_c) {
  // Machines of one site are neither equally old nor in step.
  wear_ = 0.02 + 0.08 * random_.unit();
  swing_phase_ = random_.unit() * 2 * std::numbers::pi;
}

void motor::set_speed(double fraction) { asked_ = std::isfinite(fraction) ? std::clamp(fraction, 0.0, speed_max) : 0; }

void motor::set_fault(fault f, bool on) {
  if (f == fault::sensor_stuck && on && !has(f)) stuck_at_ = temperature_;
  faults_[static_cast<std::size_t>(f)] = on;
}

void motor::advance(nanoseconds step) {
  const double seconds = std::max(0.0, std::chrono::duration<double>(step).count());
  const double goal = wear_ >= 1 ? 0 : asked_;
  speed_ += (goal - speed_) * approach(seconds, speed_seconds);
  swing_phase_ = std::fmod(swing_phase_ + 2 * std::numbers::pi * seconds / swing_seconds, 2 * std::numbers::pi);
  const double asked_of_pump = usual_load + swing * std::sin(swing_phase_) + 0.004 * random_.normal();
  const double friction = 0.15 * wear_ * wear_ * speed_;
  load_ = asked_of_pump * speed_ * speed_ * (has(fault::overload) ? overload_factor : 1) + friction;
  warm(seconds);
  wear_bearing(seconds);
}

double motor::current() const {
  if (speed_ < 0.01) return 0;
  return rated_current_a *
         std::hypot(idle_current_share, load_ * std::sqrt(1 - idle_current_share * idle_current_share));
}

void motor::warm(double seconds) {
  const double share = current() / rated_current_a;
  const double rise = rated_rise_c * share * share * (has(fault::cooling_loss) ? cooling_loss_factor : 1);
  temperature_ += (ambient_c + rise - temperature_) * approach(seconds, thermal_seconds);
}

void motor::wear_bearing(double seconds) {
  const double life = has(fault::bearing) ? worn_in_faulty_seconds : worn_in_healthy_seconds;
  wear_ = std::min(1.0, wear_ + speed_ * seconds / life);
}

motor_reading motor::read() {
  motor_reading out;
  out.running = speed_ > 0.01;
  out.speed_rpm = out.running ? rated_rpm * speed_ * (1 - 0.02 * load_) + 0.4 * random_.normal() : 0;
  out.load = std::max(0.0, load_);
  out.temperature_c = has(fault::sensor_stuck) ? stuck_at_ : temperature_ + 0.03 * random_.normal();
  out.current_a = current() + (out.running ? 0.02 * random_.normal() : 0);
  const double level = new_vibration_mm_s + (worn_vibration_mm_s - new_vibration_mm_s) * wear_ * wear_;
  out.vibration_mm_s = out.running ? std::max(0.0, level * speed_ * (1 + 0.03 * random_.normal())) : 0;
  return out;
}

}  // namespace perigee::doors::machine
