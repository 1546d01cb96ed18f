#pragma once

#include <memory>

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

/// EST (RFC 7030) under /.well-known/est: cacerts, csrattrs, simpleenroll and simplereenroll; with the label "node"
/// (3.2.2) for nodes that join, without one for devices. `needs_approval`: an operator lets each first certificate
/// pass, and until then the answer is 202 (4.2.3). docs/identity.md, "Enrolment".
[[nodiscard]] api::routes enrolment_routes(things& of, std::shared_ptr<const site_authority> by, bool needs_approval);

}  // namespace perigee::node
