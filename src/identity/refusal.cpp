#include "identity/refusal.hpp"

#include <array>
#include <string>

namespace perigee::identity {
namespace {

using enum refusal;

constexpr std::array<refusal_text, 21> table{{
    {malformed, "malformed", "this is not a certificate or a request in DER or PEM"},
    {too_large, "too_large", "it is larger than a certificate or a request may be"},
    {chain_too_long, "chain_too_long", "the chain has more certificates or bytes than any of ours"},
    {no_possession, "no_possession", "the request is not signed with the key that it asks a certificate for"},
    {weak_key, "weak_key", "a key is not EC P-256, EC P-384, Ed25519 or RSA of 2048 to 4096 bits"},
    {weak_signature, "weak_signature", "a signature is not ECDSA, Ed25519 or RSA with SHA-256 or better"},
    {bad_name, "bad_name",
     "the subject has not one common name of 1 to 64 letters, digits, dots, hyphens and underscores"},
    {name_mismatch, "name_mismatch", "the common name is not among the alternative DNS names"},
    {unknown_authority, "unknown_authority", "no authority that is trusted here has issued it"},
    {bad_signature, "bad_signature", "a signature is not that of the certificate above it"},
    {not_yet_valid, "not_yet_valid", "a certificate of the chain is not valid yet: compare the clocks"},
    {expired, "expired", "a certificate of the chain has expired"},
    {not_an_authority, "not_an_authority", "it was issued by a certificate that is no authority"},
    {path_too_long, "path_too_long", "an authority has another authority below it that it may not have"},
    {leaf_is_authority, "leaf_is_authority", "it is the certificate of an authority, not of a node or device"},
    {outside_constraint, "outside_constraint", "its gateway may not issue for this name"},
    {unknown_critical_extension, "unknown_critical_extension", "it has a critical extension that is not known here"},
    {wrong_purpose, "wrong_purpose", "it is not for this use: as a client, or as a server"},
    {revoked, "revoked", "it has been revoked"},
    {authority_revoked, "authority_revoked", "an authority above it has been revoked"},
    {not_conforming, "not_conforming", "a certificate of the chain is not as RFC 5280 has it"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (static_cast<std::size_t>(table[i].reason) != i + 1) return false;
  }
  return static_cast<std::size_t>(not_conforming) == table.size();
}
static_assert(in_order(), "text_of finds a reason by its place");

class category final : public std::error_category {
  const char* name() const noexcept override { return "identity"; }
  std::string message(int value) const override {
    if (value < 1 || value > std::ssize(table)) return "unknown";
    return std::string(text_of(static_cast<refusal>(value)).name);
  }
};

}  // namespace

std::span<const refusal_text> refusals() { return table; }

const refusal_text& text_of(refusal reason) { return table.at(static_cast<std::size_t>(reason) - 1); }

const std::error_category& refusal_category() noexcept {
  static const category instance;
  return instance;
}

std::unexpected<error> refuse(refusal reason, std::source_location at) {
  return fail(make_error_code(reason), text_of(reason).sentence, at);
}

std::optional<refusal> reason_of(const error& e) {
  if (e.code.category() != refusal_category()) return std::nullopt;
  return static_cast<refusal>(e.code.value());
}

}  // namespace perigee::identity
