#pragma once
// A message of `perigee sub` as text: a JSON object, or as a format says.

#include <expected>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "wire/mqtt/packet.hpp"

namespace perigee::cli {

/// One line: topic, time, qos, retain, `payload` where it is text and else `payload_hex`, and the properties that it
/// has.
[[nodiscard]] std::string message_json(const wire::mqtt::publish& message, timestamp at);

/// %t topic, %p payload, %x payload in hexadecimal, %l its bytes, %q QoS, %r 1 where it was retained, %I time, %%.
/// As the payload came: nothing in it is changed.
[[nodiscard]] std::string message_as(std::string_view format, const wire::mqtt::publish& message, timestamp at);
/// The first of `format` that stands for nothing: "%z", or "%" at its end; empty where all do.
[[nodiscard]] std::string_view unknown_in_format(std::string_view format);

}  // namespace perigee::cli
