#pragma once

#include <string>
#include <string_view>

namespace perigee::access {

/// Why a person may not choose this password, as a sentence; empty where they may. As NIST SP 800-63B 5.1.1.2 advises:
/// long enough (limits::people_password_characters_min), and nothing that a guesser tries first; no rules about kinds
/// of characters.
[[nodiscard]] std::string unfit_password(std::string_view user, std::string_view password);

}  // namespace perigee::access
