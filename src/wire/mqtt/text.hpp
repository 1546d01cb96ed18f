#pragma once

#include <string_view>

namespace perigee::wire::mqtt {

/// A UTF-8 encoded string as MQTT5 1.5.4 wants it: well-formed, no surrogates, no U+0000. Control characters and
/// non-characters are refused too, as the clause allows and as Mosquitto does: they hide in logs and topic lists.
[[nodiscard]] bool is_valid_text(std::string_view text);

}  // namespace perigee::wire::mqtt
