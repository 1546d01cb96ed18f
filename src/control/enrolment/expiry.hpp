#pragma once
// How near its end a certificate is, for alarms and for people.

#include <cstdint>

#include "control/enrolment/renewal_times.hpp"

namespace perigee::control::enrolment {

enum class nearness : std::uint8_t {
  far,
  month,  // 30 days or less
  week,   // 7 days or less
  day,    // a day or less, or it has ended
};

/// Who sees to it that there is a next one.
enum class upkeep : std::uint8_t {
  person,   // somebody puts new files there
  itself,   // the node renews it, and all is well
  failing,  // the node renews it, and the last attempt failed
};

/// 30, 7 and 1 days before the end; of a certificate that lives less than 90 days as much less, so that one of 24 hours
/// is near its end 8 hours before. One that the node renews is not near while that goes well.
[[nodiscard]] nearness nearness_of(validity of, upkeep by, timestamp now);

}  // namespace perigee::control::enrolment
