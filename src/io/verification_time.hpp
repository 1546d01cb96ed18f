#pragma once

#include "base/time.hpp"

namespace perigee::io {

/// The time at which certificates are checked: the machine's, but never before what is known to have passed. A machine
/// without a clock of its own starts in 1970, when nothing is valid yet (docs/identity.md, "Clock"). One for the
/// process, as its clock is; any thread.
[[nodiscard]] timestamp verification_time() noexcept;
/// It is at least this late, whatever the machine's clock says. Only ever later.
void know_has_passed(timestamp t) noexcept;

}  // namespace perigee::io
