#pragma once

#include <memory>

#include "api/server.hpp"
#include "node/certificates.hpp"
#include "node/node.hpp"

namespace perigee::node {

/// What machines ask of a node without a person: certificates, whether theirs is taken, and what is revoked. The routes
/// under /.well-known/, /crl/ and /ocsp.
[[nodiscard]] api::routes for_machines(const api::routes& all);

/// Serves them on the listener of [identity] port, by TLS, apart from the API. Null where there is none.
/// errc::exists, errc::io: it cannot be listened on, which is logged.
[[nodiscard]] result<std::unique_ptr<api::server>> listen_for_machines(const ground& on, const config& chosen,
                                                                       const certificates& shown,
                                                                       const api::routes& all, api::server_options how,
                                                                       metrics::registry& metrics);

}  // namespace perigee::node
