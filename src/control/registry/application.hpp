#pragma once
// An enrolment that waits for an operator.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "control/registry/thing.hpp"

namespace perigee::control::registry {

/// Stored as its number: docs/formats/registry.md.
enum class decision : std::uint8_t { waiting, approved, denied };
inline constexpr std::size_t decision_count = 3;
[[nodiscard]] std::string_view name_of(decision d);

struct application {
  std::string id;    // the first 16 digits of `key`
  std::string name;  // who wants to be enrolled
  kind is = kind::device;
  std::string key;    // as new_certificate has it: an operator may compare it with what the device shows
  std::string token;  // the id of the token that was used for it
  std::string from;   // the address
  timestamp asked{};
  decision now = decision::waiting;
  timestamp decided{};  // 0: it is not
  std::string by{};     // who decided
};
/// What an application for this key is called.
[[nodiscard]] std::string application_id_of(std::string_view key);

}  // namespace perigee::control::registry
