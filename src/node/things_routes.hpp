#pragma once

#include "node/attestation_routes.hpp"
#include "node/config.hpp"

namespace perigee::node {

/// All that is asked over HTTP about the things of a node: the registry, who waits for approval, and how certificates
/// are had. `by` null: no certificates; `verifier` null: none by a TPM.
[[nodiscard]] api::routes things_routes(things& of, std::shared_ptr<const issuing_site> by,
                                        std::shared_ptr<control::attestation::verifier> verifier,
                                        const identity_config& how);

}  // namespace perigee::node
