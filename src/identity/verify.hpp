#pragma once
// Whether a certificate that somebody shows is good, and whose it is: RFC 5280 6, and what docs/identity.md asks for
// beyond it.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/function_ref.hpp"
#include "base/time.hpp"
#include "identity/certificate.hpp"

namespace perigee::identity {

/// What a certificate is shown for.
enum class purpose : std::uint8_t { client, server };

/// Whether a certificate is revoked, by who issued it (public_key::key_id) and its serial.
using is_revoked = function_ref<bool(std::string_view issuer_key_id, std::string_view serial)>;

struct verified_identity {
  std::string name;           // the common name, which is_name
  std::string issuer;         // as RFC 2253 writes it
  std::string issuer_key_id;  // public_key::key_id of who issued it
  std::string serial;         // hexadecimal
  std::size_t chain_length;   // certificates from the leaf to the root, both counted: 2 to 4
  std::string gateway;        // whose constrained authority issued it; empty: the site's
};

/// The chain as its owner shows it, the leaf first and the rest in any order, at a time. The roots are trusted because
/// they are given. One reason of identity/refusal.hpp where it is not good: of several faults the first found.
[[nodiscard]] result<verified_identity> verify_chain(std::span<const certificate> shown,
                                                     std::span<const certificate> roots, purpose wanted, timestamp at,
                                                     is_revoked revoked);

/// The same of an authority, the first of `shown`: whether there is a path to a root on which all is well, so that what
/// it signs may be believed. refusal::not_an_authority where it is a leaf; else as verify_chain.
[[nodiscard]] result<> verify_authority(std::span<const certificate> shown, std::span<const certificate> roots,
                                        timestamp at, is_revoked revoked);

}  // namespace perigee::identity
