#pragma once
// A certificate that the registry knows of: whose it is, how long it holds, and whether it was taken back.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "control/registry/outcome.hpp"
#include "crypto/password.hpp"
#include "identity/revocation_list.hpp"

namespace perigee::control::registry {

/// Stored as its number: docs/formats/registry.md.
enum class certificate_state : std::uint8_t {
  current,
  superseded,  // by a newer one of the same thing; it is taken until its grace ends
  revoked,
  pending,  // nobody's yet: it waits for its thing, and lets nobody in
};
inline constexpr std::size_t certificate_state_count = 4;
[[nodiscard]] std::string_view name_of(certificate_state s);

using identity::revocation_reason;
/// As RFC 5280 spells it: "keyCompromise".
[[nodiscard]] std::string_view name_of(revocation_reason r);
[[nodiscard]] std::optional<revocation_reason> revocation_reason_of(std::string_view name);

/// What tells a certificate from every other one: its issuer's key identifier and its serial number, both in lower-case
/// hexadecimal.
struct certificate_id {
  std::string issuer;
  std::string serial;

  auto operator<=>(const certificate_id&) const = default;
};
/// 1 to 40 hexadecimal digits, lower-case: at most 20 bytes of them (RFC 5280 4.1.2.2).
[[nodiscard]] bool is_hexadecimal(std::string_view text);

struct new_certificate {
  certificate_id id;
  std::string name;  // the common name: whose it is
  timestamp not_before{};
  timestamp not_after{};
  crypto::digest fingerprint{};  // SHA-256 of its DER
  std::string issued_by;         // "token 5f3a91c2", "EST", "rotation", "seen at a connection"; for people
  std::string key{};             // SHA-256 of its key (identity::public_key::fingerprint); empty: it was only seen
  std::string token{};           // the id of the token that it was got with; empty: none
  std::string claim{};           // of a claim: the template that it is for; empty: it is none
  bool is_authority = false;     // of a gateway: it issues with it
  std::string common_name{};     // what it says itself, where it was made before its thing was known; empty: `name`
};
/// Bounds and spelling; nothing where all is well. errc::malformed.
[[nodiscard]] std::optional<refusal> fault_of(const new_certificate& made);

struct certificate {
  new_certificate given;
  certificate_state state = certificate_state::current;
  revocation_reason reason = revocation_reason::unspecified;  // where it is revoked
  timestamp at{};                                             // when it was superseded or revoked; 0: it was not
  timestamp grace_until{};                                    // while superseded: it is taken before this time
};

/// Which certificates are listed, by issuer and serial number.
struct certificate_selection {
  std::string name{};                     // empty: of any thing
  std::optional<certificate_id> after{};  // those behind this one
  std::size_t limit = 1000;
};

}  // namespace perigee::control::registry
