#pragma once
// When a certificate is renewed. Time comes in as an argument.

#include <cstdint>
#include <string_view>

#include "base/time.hpp"

namespace perigee::control::enrolment {

/// From when to when a certificate is valid.
struct validity {
  timestamp from;
  timestamp to;

  [[nodiscard]] nanoseconds life() const { return to - from; }
};

/// The moment to ask for the next certificate: 2/3 of life, give or take a twelfth of it. Where between is drawn from
/// the name and the certificate's begin, so that a node that starts again keeps its moment, and a site that was
/// enrolled in a minute does not come back in one.
[[nodiscard]] timestamp renewal_due(std::string_view name, validity of);

/// How long to wait after an attempt that failed: the first pause and the longest (client/back_off.hpp draws between).
/// A certificate that has expired is still asked with: its parent may renew it within a grace.
struct renewal_pauses {
  nanoseconds first;
  nanoseconds most;
};
[[nodiscard]] renewal_pauses pauses_for(validity of);

}  // namespace perigee::control::enrolment
