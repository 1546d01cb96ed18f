#pragma once
// Certificate revocation lists (RFC 5280 5), for who does not hear of revocations by the control channel.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/time.hpp"
#include "identity/authority.hpp"

namespace perigee::identity {

/// RFC 5280 5.3.1, with its numbers. `removeFromCRL` is of delta CRLs, which there are none of here.
enum class revocation_reason : std::uint8_t {
  unspecified = 0,
  key_compromise = 1,
  ca_compromise = 2,
  affiliation_changed = 3,
  superseded = 4,
  cessation_of_operation = 5,
  certificate_hold = 6,  // a device that is suspended
  privilege_withdrawn = 9,
  aa_compromise = 10,
};

struct revocation {
  std::string serial;  // hexadecimal, as certificate_facts has it
  timestamp at{};
  revocation_reason reason = revocation_reason::unspecified;
};

struct list_terms {
  std::uint64_t number;  // grows with every list of an authority (RFC 5280 5.2.3)
  timestamp this_update{};
  timestamp next_update{};  // when who holds this list is to have the next one
};

/// A version 2 list in DER of all certificates of this authority that are revoked and have not expired. errc::too_large
/// over limits::identity_revoked_max; errc::malformed for a serial that is not hexadecimal.
[[nodiscard]] result<byte_buffer> make_revocation_list(const authority& by, std::span<const revocation> all,
                                                       const list_terms& terms);

/// A list as it was read and found good.
struct revocation_list {
  std::string issuer;  // public_key::key_id of whose list it is
  list_terms terms;
  std::vector<revocation> all;
};

/// The authority key identifier that a list in DER names, before anything of it is believed. errc::malformed.
[[nodiscard]] result<std::string> issuer_of_list(byte_view der);
/// A list in DER, signed by this authority. refusal::malformed, too_large, weak_signature, bad_signature,
/// not_conforming (an extension that is critical and not known here: a delta, or one for some certificates only),
/// not_an_authority. Whether it is still to be relied upon its terms tell.
[[nodiscard]] result<revocation_list> read_revocation_list(byte_view der, const certificate& by);

}  // namespace perigee::identity
