#pragma once

#include <memory>
#include <span>

#include "api/route.hpp"
#include "control/enrolment/enroller.hpp"
#include "identity/held_identity.hpp"
#include "io/file.hpp"
#include "node/config.hpp"
#include "node/things.hpp"

namespace perigee::node {

/// The key and the certificates of a gateway's authority, as `perigee join --gateway` and the renewal write them
/// (docs/formats/identity-file.md).
inline constexpr std::string_view gateway_file = "issuing.pem";

/// What this node issues with: `issuing.crt` and `issuing.key`, and the `root.crt` of its site, as `perigee ca init`
/// and `perigee ca rollover` write them; or `issuing.pem` and `root.crt` of a gateway. Does not change.
struct site_authority {
  identity::authority issuing;
  std::vector<identity::certificate> roots;     // the first is the newest
  std::vector<identity::certificate> vouching;  // while the site changes its root: of each for the other

  /// Null where the folder has neither: the node issues nothing. errc::malformed; errc::refused where the passphrase is
  /// missing or wrong; as crypto::find_token_key, and secret::read.
  [[nodiscard]] static result<std::shared_ptr<const site_authority>> open(io::disk& on, const std::string& folder,
                                                                          const identity_config& chosen);
};

/// How long a renewed certificate is still taken: a device may not have got the new one.
inline constexpr nanoseconds superseded_grace = std::chrono::days(7);

/// Certificates as EST hands them out (RFC 7030 4.2.3), and why there are none.
[[nodiscard]] api::answer certificates_answer(std::span<const identity::certificate> all);
[[nodiscard]] api::answer denial_answer(const control::enrolment::denial& why);
/// Who failed several times is not heard for a while (access::slow_down): tokens are not guessed.
[[nodiscard]] api::answer unheard_answer();

/// What it issues with now: the files may be replaced while it runs. On the node's shard.
struct issuing_site {
  std::shared_ptr<const site_authority> now;
};

/// What an operator sets.
struct enrolment_terms {
  bool needs_approval = false;   // an operator lets each first certificate pass; until then it is 202 (RFC 7030 4.2.3)
  nanoseconds renewal_grace{0};  // how long after its end a certificate can still be renewed
};

/// EST (RFC 7030) under /.well-known/est: cacerts, csrattrs, simpleenroll and simplereenroll; with the label "node"
/// (3.2.2) for nodes that join, without one for devices. docs/identity.md, "Enrolment".
[[nodiscard]] api::routes enrolment_routes(things& of, std::shared_ptr<const issuing_site> by, enrolment_terms terms);

}  // namespace perigee::node
