#pragma once
// What two topic filters have to do with each other, beside wire::mqtt::matches (MQTT5 4.7).

#include <string_view>

namespace perigee::access {

/// Whether every topic of `narrow` is one of `wide`. Both are valid filters.
[[nodiscard]] bool covers(std::string_view wide, std::string_view narrow);
/// Whether some topic is one of both.
[[nodiscard]] bool overlap(std::string_view a, std::string_view b);
/// What a subscription asks for, without the `$share/{name}/` in front (MQTT5 4.8.2).
[[nodiscard]] std::string_view without_share(std::string_view filter);

}  // namespace perigee::access
