#include "doors/machine/motor.hpp"

#include <gtest/gtest.h>

namespace perigee::doors::machine {
namespace {

using namespace std::chrono_literals;

motor run(motor m, std::chrono::seconds time) {
  for (nanoseconds t{}; t < time; t += 100ms) m.advance(100ms);
  return m;
}

TEST(Motor, WarmsUpToWhereARuleWouldNotMind) {
  auto m = run(motor(7), 300s);
  const auto r = m.read();
  EXPECT_TRUE(r.running);
  EXPECT_NEAR(r.speed_rpm, 1456, 10);
  EXPECT_NEAR(r.load, 0.8, 0.08);
  EXPECT_GT(r.temperature_c, 45);
  EXPECT_LT(r.temperature_c, 65);
  EXPECT_LT(r.vibration_mm_s, 1.5);
}

TEST(Motor, RepeatsFromItsSeed) {
  auto a = run(motor(7), 60s);
  auto b = run(motor(7), 60s);
  auto c = run(motor(8), 60s);
  EXPECT_EQ(a.read().temperature_c, b.read().temperature_c);
  EXPECT_NE(a.read().temperature_c, c.read().temperature_c);
}

TEST(Motor, OverloadHeatsItAndSlowingDownCoolsIt) {
  motor m(7);
  m.set_fault(fault::overload, true);
  m = run(m, 200s);
  EXPECT_GT(m.read().temperature_c, 85);
  m.set_speed(0.5);
  m = run(m, 200s);
  EXPECT_LT(m.read().temperature_c, 45);
  EXPECT_NEAR(m.read().speed_rpm, 735, 10);
}

TEST(Motor, LosesItsCooling) {
  motor m(7);
  m.set_fault(fault::cooling_loss, true);
  EXPECT_GT(run(m, 200s).read().temperature_c, 85);
  m.set_fault(fault::cooling_loss, false);
  EXPECT_LT(run(m, 200s).read().temperature_c, 65);
}

TEST(Motor, ABadBearingShakesAndThenBreaks) {
  motor m(7);
  m.set_fault(fault::bearing, true);
  m = run(m, 190s);
  EXPECT_GT(m.read().vibration_mm_s, 7.1);
  EXPECT_LT(m.bearing_wear(), 1);
  m = run(m, 120s);
  EXPECT_EQ(m.bearing_wear(), 1);
  EXPECT_FALSE(m.read().running);
  EXPECT_EQ(m.read().vibration_mm_s, 0);
}

TEST(Motor, AStuckSensorShowsWhatItShowedLast) {
  auto m = run(motor(7), 5s);
  m.set_fault(fault::sensor_stuck, true);
  const auto stuck = m.read().temperature_c;
  m = run(m, 100s);
  EXPECT_EQ(m.read().temperature_c, stuck);
  m.set_fault(fault::sensor_stuck, false);
  EXPECT_GT(m.read().temperature_c, stuck + 5);
}

TEST(Motor, StopsAndTakesNoNonsense) {
  auto m = run(motor(7), 60s);
  m.set_speed(0);
  m = run(m, 60s);
  const auto r = m.read();
  EXPECT_FALSE(r.running);
  EXPECT_EQ(r.speed_rpm, 0);
  EXPECT_EQ(r.current_a, 0);
  m.set_speed(1e300);
  m.advance(std::chrono::hours(1000));
  EXPECT_LT(m.read().speed_rpm, 1800);
  m.set_speed(-1);
  m.advance(1h);
  EXPECT_FALSE(m.read().running);
}

TEST(Motor, NamesItsFaults) {
  for (std::size_t i = 0; i < fault_count; ++i) {
    const auto f = static_cast<fault>(i);
    EXPECT_EQ(fault_from(name_of(f)).value(), f);
  }
  EXPECT_FALSE(fault_from("rust"));
}

}  // namespace
}  // namespace perigee::doors::machine
