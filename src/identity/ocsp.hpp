#pragma once
// The Online Certificate Status Protocol (RFC 6960): whether a certificate is revoked, for who asks over HTTP or is
// shown the answer in a handshake (RFC 6066 8).

#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/function_ref.hpp"
#include "base/time.hpp"
#include "identity/authority.hpp"
#include "identity/revocation_list.hpp"

namespace perigee::identity {

struct certificate_status {
  enum class state { good, revoked, unknown };  // unknown: this authority has not issued it

  state is = state::unknown;
  timestamp revoked_at{};
  revocation_reason reason = revocation_reason::unspecified;
};
/// By the serial of a certificate of this authority's, in hexadecimal.
using status_of = function_ref<certificate_status(std::string_view serial)>;

/// How long an answer may be relied upon.
struct answer_terms {
  timestamp this_update{};
  timestamp next_update{};
};

/// The answer to a request, both in DER. Whatever the request is there is an answer: one that does not parse, or is
/// over a bound, gets `malformedRequest`. Signed by the authority itself; certificates of others are unknown. A nonce
/// of up to 32 bytes comes back (RFC 9654 2.1). errc::io where OpenSSL fails.
[[nodiscard]] result<byte_buffer> answer_ocsp(const authority& by, byte_view request, status_of look_up,
                                              const answer_terms& terms);

/// What a server staples for its own certificate: the answer to a request without a nonce. errc::not_found where this
/// authority has not issued it.
[[nodiscard]] result<byte_buffer> staple_for(const certificate& of, const authority& by,
                                             const certificate_status& status, const answer_terms& terms);

}  // namespace perigee::identity
