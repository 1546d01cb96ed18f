#pragma once

#include <memory>
#include <span>

#include "api/route.hpp"
#include "control/enrolment/enroller.hpp"
#include "io/file.hpp"
#include "node/things.hpp"

namespace perigee::node {

/// What this node issues with: `issuing.crt` and `issuing.key`, and the `root.crt` of its site, as `perigee ca init`
/// writes them. Does not change.
struct site_authority {
  identity::authority issuing;
  identity::certificate root;

  /// Null where the folder has no `issuing.crt`: the node issues nothing. errc::malformed, refused.
  [[nodiscard]] static result<std::shared_ptr<const site_authority>> open(io::disk& on, const std::string& folder);
};

/// How long a renewed certificate is still taken: a device may not have got the new one.
inline constexpr nanoseconds renewal_grace = std::chrono::days(7);

/// Certificates as EST hands them out (RFC 7030 4.2.3), and why there are none.
[[nodiscard]] api::answer certificates_answer(std::span<const identity::certificate> all);
[[nodiscard]] api::answer denial_answer(const control::enrolment::denial& why);
/// Who failed several times is not heard for a while (access::slow_down): tokens are not guessed.
[[nodiscard]] api::answer unheard_answer();

/// EST (RFC 7030) under /.well-known/est: cacerts, csrattrs, simpleenroll and simplereenroll; with the label "node"
/// (3.2.2) for nodes that join, without one for devices. `needs_approval`: an operator lets each first certificate
/// pass, and until then the answer is 202 (4.2.3). docs/identity.md, "Enrolment".
[[nodiscard]] api::routes enrolment_routes(things& of, std::shared_ptr<const site_authority> by, bool needs_approval);

}  // namespace perigee::node
