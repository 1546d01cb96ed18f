#include "control/enrolment/expiry.hpp"

#include <algorithm>

namespace perigee::control::enrolment {
namespace {

using std::chrono::days;

constexpr auto usual_life = days(90);

/// A threshold for a certificate of this life.
nanoseconds scaled(days threshold, nanoseconds life) {
  const auto part =
      std::min(1.0, static_cast<double>(life.count()) / static_cast<double>(nanoseconds(usual_life).count()));
  return nanoseconds(static_cast<std::int64_t>(static_cast<double>(nanoseconds(threshold).count()) * part));
}

}  // namespace

nearness nearness_of(validity of, upkeep by, timestamp now) {
  const auto left = of.to - now;
  if (left <= nanoseconds(0)) return nearness::day;
  if (by == upkeep::itself) return nearness::far;
  const auto life = of.life();
  if (left <= scaled(days(1), life)) return nearness::day;
  if (left <= scaled(days(7), life)) return nearness::week;
  return left <= scaled(days(30), life) ? nearness::month : nearness::far;
}

}  // namespace perigee::control::enrolment
