#pragma once
// What people did above a node, on its way down to it: docs/formats/alarm-downlink.md.

#include <span>
#include <vector>

#include "alarm/telling.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"

namespace perigee::alarm {

/// In messages of limits::alarm_downlink_bytes_max at most.
[[nodiscard]] std::vector<byte_buffer> hand_down(std::span<const telling> deeds);
/// errc::malformed, errc::too_large; errc::unsupported for a version that this program does not know. What is no deed
/// of a person is left out.
[[nodiscard]] result<std::vector<telling>> take_handed_down(byte_view message);

}  // namespace perigee::alarm
