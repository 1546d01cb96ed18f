#pragma once
// The bounds of people: how they come in, and what is told of those who may not (promise P6), as base/limits.hpp has
// the others.

#include <cstdint>

namespace perigee::limits {

inline constexpr std::uint32_t people_refusals_noted_max = 256;  // addresses with a reason, whose refusals are counted
inline constexpr std::uint32_t people_sign_ins_at_once_max = 4;  // passwords of one address that are being checked
inline constexpr std::uint32_t people_password_characters_min = 12;
inline constexpr std::uint32_t people_token_uses_max = 10'000;  // tokens whose last use is known
inline constexpr std::uint32_t people_writes_tried_max = 8;     // to change a user file that others change meanwhile

}  // namespace perigee::limits
