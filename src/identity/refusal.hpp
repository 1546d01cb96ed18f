#pragma once
// Why a certificate, a chain of them or a request for one is not taken: one reason each, for the audit and for who
// asks.

#include <optional>
#include <source_location>
#include <span>
#include <string_view>

#include "base/error.hpp"

namespace perigee::identity {

enum class refusal {
  malformed = 1,               // bytes that are no certificate or request
  too_large,                   // over a bound of limits.hpp
  chain_too_long,              // more certificates or bytes than a chain may have
  no_possession,               // a request that is not signed by the key it names
  weak_key,                    // not one of the accepted kinds of keys, or too short
  weak_signature,              // not one of the accepted signature algorithms
  bad_name,                    // not exactly one common name, or one that is no identity
  name_mismatch,               // the alternative names do not have the common name
  unknown_authority,           // no path to a trusted root
  bad_signature,               // not signed by the certificate above it
  not_yet_valid,               //
  expired,                     //
  not_an_authority,            // issued by a certificate that may not issue
  path_too_long,               // more authorities than one above allows
  leaf_is_authority,           // a certificate authority as a client or server
  outside_constraint,          // a name that its gateway may not issue
  unknown_critical_extension,  // RFC 5280 4.2: refused by who does not know it
  wrong_purpose,               // not for a client, or not for a server
  revoked,                     //
  authority_revoked,           // an authority above it is revoked
  not_conforming,              // anything else that RFC 5280 does not allow
};

struct refusal_text {
  refusal reason;
  std::string_view name;  // "wrong_purpose": for audit lines and metrics
  const char* sentence;   // for a person
};
/// Every reason there is, in the order of the enumeration.
[[nodiscard]] std::span<const refusal_text> refusals();
[[nodiscard]] const refusal_text& text_of(refusal reason);

const std::error_category& refusal_category() noexcept;
inline std::error_code make_error_code(refusal r) noexcept { return {static_cast<int>(r), refusal_category()}; }

/// `return refuse(refusal::expired);`
[[nodiscard]] std::unexpected<error> refuse(refusal reason, std::source_location at = std::source_location::current());
/// The reason in an error; none where it is something else that failed.
[[nodiscard]] std::optional<refusal> reason_of(const error& e);

}  // namespace perigee::identity

template <>
struct std::is_error_code_enum<perigee::identity::refusal> : std::true_type {};
