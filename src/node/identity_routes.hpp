#pragma once

#include "api/route.hpp"
#include "node/run_file.hpp"

namespace perigee::node {

class things;

/// GET /.well-known/perigee/identity: whom this node takes its peer for, by the certificate that the peer shows. It is
/// how a child proves a new certificate before it drops the old one (docs/identity.md, "Rotation"). 401 for a
/// certificate that does not count, and without one. `known` null: every certificate of the authority counts.
/// The answer also has the port of an MQTT listener with TLS, for `perigee join`. Both outlive the routes.
[[nodiscard]] api::routes identity_routes(const things* known, const run_info& running);

}  // namespace perigee::node
