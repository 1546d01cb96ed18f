#pragma once

#include "api/route.hpp"
#include "node/revocations.hpp"
#include "node/things.hpp"

namespace perigee::node {

/// GET /api/v1/revocations, and for outsiders the lists themselves: GET /crl/ISSUER (RFC 5280 5).
[[nodiscard]] api::routes revocation_routes(const revocations& known);
/// OCSP over HTTP (RFC 6960 A.1) under /ocsp, for certificates of this authority.
[[nodiscard]] api::routes ocsp_routes(things& of, std::shared_ptr<const issuing_site> by);

}  // namespace perigee::node
