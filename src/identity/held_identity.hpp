#pragma once
// What a node shows and proves itself by, as one text: so that one rename replaces both
// (docs/formats/identity-file.md).

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "identity/certificate.hpp"
#include "identity/private_key.hpp"

namespace perigee::identity {

/// A key, and the certificate for it with those above, the leaf first. No certificate: it is still to come.
struct held_identity {
  private_key key;
  std::vector<certificate> chain{};
};

/// The key in PKCS #8, then the chain: PEM, for the owner's eyes only. errc::unsupported for a key that does not leave
/// its token.
[[nodiscard]] result<std::string> to_pem(const held_identity& of);
/// What to_pem wrote. errc::refused where the key is not that of the first certificate; as private_key::from_pem and
/// parse_chain.
[[nodiscard]] result<held_identity> parse_held(std::string_view pem);

}  // namespace perigee::identity
