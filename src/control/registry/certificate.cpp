#include "control/registry/certificate.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/identity_limits.hpp"
#include "base/printable.hpp"
#include "control/registry/thing.hpp"

namespace perigee::control::registry {
namespace {

constexpr std::array<std::string_view, certificate_state_count> states{"current", "superseded", "revoked", "pending"};

constexpr std::array<std::pair<revocation_reason, std::string_view>, 9> reasons{{
    {revocation_reason::unspecified, "unspecified"},
    {revocation_reason::key_compromise, "keyCompromise"},
    {revocation_reason::ca_compromise, "cACompromise"},
    {revocation_reason::affiliation_changed, "affiliationChanged"},
    {revocation_reason::superseded, "superseded"},
    {revocation_reason::cessation_of_operation, "cessationOfOperation"},
    {revocation_reason::certificate_hold, "certificateHold"},
    {revocation_reason::privilege_withdrawn, "privilegeWithdrawn"},
    {revocation_reason::aa_compromise, "aACompromise"},
}};

constexpr std::size_t hexadecimal_max = 40;

refusal wrong(std::string field, std::string detail, std::string right) {
  return {errc::malformed, "A field of the certificate is wrong.", std::move(field), std::move(detail),
          std::move(right)};
}

bool is_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

std::string_view name_of(certificate_state s) { return states[static_cast<std::size_t>(s)]; }

std::string_view name_of(revocation_reason r) {
  const auto* found = std::ranges::find(reasons, r, &std::pair<revocation_reason, std::string_view>::first);
  return found == reasons.end() ? "unspecified" : found->second;
}

std::optional<revocation_reason> revocation_reason_of(std::string_view name) {
  const auto* found = std::ranges::find(reasons, name, &std::pair<revocation_reason, std::string_view>::second);
  if (found == reasons.end()) return std::nullopt;
  return found->first;
}

bool is_hexadecimal(std::string_view text) {
  return !text.empty() && text.size() <= hexadecimal_max && is_digits(text);
}

std::optional<refusal> fault_of(const new_certificate& made) {
  constexpr auto right = "1 to 40 hexadecimal digits in lower case";
  if (!is_hexadecimal(made.id.serial)) return wrong("serial", "it is no serial number", right);
  if (!is_hexadecimal(made.id.issuer)) return wrong("issuer", "it is no key identifier", right);
  if (!is_name(made.name)) return wrong("name", "it is no name of a thing", name_rule());
  if (made.not_after <= made.not_before) return wrong("not_after", "it ends before it begins", "a later time");
  if (made.issued_by.size() > limits::registry_why_bytes_max || printable(made.issued_by) != made.issued_by) {
    return wrong("issued_by", "it is no text that can be shown", "a short text without control characters");
  }
  if (!made.key.empty() && !(made.key.size() == 2 * crypto::digest_bytes && is_digits(made.key))) {
    return wrong("key", "it is no fingerprint of a key", "64 hexadecimal digits in lower case");
  }
  if (!made.token.empty() && !is_name(made.token)) return wrong("token", "it is no name of a token", name_rule());
  if (!made.claim.empty() && !is_name(made.claim)) return wrong("claim", "it is no name of a template", name_rule());
  return std::nullopt;
}

}  // namespace perigee::control::registry
