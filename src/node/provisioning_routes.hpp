#pragma once

#include <memory>

#include "api/route.hpp"
#include "node/enrolment_routes.hpp"
#include "node/things.hpp"

namespace perigee::node {

/// Templates of fleet provisioning and claims for them: /api/v1/provisioning-templates. docs/provisioning.md.
[[nodiscard]] api::routes provisioning_routes(things& of, std::shared_ptr<const issuing_site> by);

}  // namespace perigee::node
