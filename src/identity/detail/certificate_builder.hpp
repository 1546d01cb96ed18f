#pragma once

#include <string>

#include "base/error.hpp"
#include "base/time.hpp"
#include "identity/certificate.hpp"
#include "identity/detail/extensions.hpp"
#include "identity/private_key.hpp"

namespace perigee::identity::detail {

/// What is to be in a certificate, already checked.
struct blueprint {
  std::string common_name;
  timestamp from;
  timestamp to;
  extension_texts extensions;
};

/// Signed with the issuer's key; `issuer` is null for one that is signed by its own. The serial has 159 random bits,
/// key identifiers are added.
[[nodiscard]] result<certificate> build(const blueprint& of, const public_key& owner, const certificate* issuer,
                                        const private_key& issuer_key);

}  // namespace perigee::identity::detail
