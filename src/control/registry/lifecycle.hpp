#pragma once
// The life of a thing, from the day an operator names it to the day it is retired.

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

namespace perigee::control::registry {

/// Stored as its number: docs/formats/registry.md.
enum class lifecycle : std::uint8_t {
  registered,   // it has a name and no certificate yet
  provisioned,  // it has a certificate and was never heard of
  active,       // it has connected
  suspended,    // shut out, until it is resumed
  retired,      // shut out for good
};
inline constexpr std::size_t lifecycle_count = 5;

enum class step : std::uint8_t {
  provision,  // it got a certificate
  activate,   // it connected for the first time
  suspend,
  resume,
  retire,
};

/// Where a thing stands. `before` is what it was when it was suspended, and says nothing otherwise.
struct stage {
  lifecycle now = lifecycle::registered;
  lifecycle before = lifecycle::registered;

  bool operator==(const stage&) const = default;
};

/// Where a step leads, or a sentence for a person: why it cannot be taken, and what would be right.
[[nodiscard]] std::expected<stage, const char*> next(stage from, step taken);
/// Only what never had a certificate, or was retired, may be forgotten. Nothing: it may; else a sentence as above.
[[nodiscard]] std::optional<const char*> unfit_to_delete(lifecycle now);

[[nodiscard]] std::string_view name_of(lifecycle l);
[[nodiscard]] std::optional<lifecycle> lifecycle_of(std::string_view name);
/// In the past tense, for the audit: "suspended".
[[nodiscard]] std::string_view done_of(step s);

}  // namespace perigee::control::registry
