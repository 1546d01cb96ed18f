#pragma once

#include <cstdint>
#include <string_view>

namespace perigee::api {

/// What somebody may do with the node; each role includes those before it (docs/api.md, "Roles").
enum class role : std::uint8_t {
  none,
  views,        // reads what is no secret
  operates,     // and acts on what goes on: alarms, quarantine, sessions, suspended things
  administers,  // and on who is there: things, tokens, certificates, users
};

/// As a person reads it: "viewer", "operator", "admin"; "none" for who has no role.
[[nodiscard]] constexpr std::string_view name_of(role r) {
  switch (r) {
    case role::none: break;
    case role::views: return "viewer";
    case role::operates: return "operator";
    case role::administers: return "admin";
  }
  return "none";
}

}  // namespace perigee::api
