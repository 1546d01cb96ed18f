#include "node/things_routes.hpp"

#include <algorithm>
#include <iterator>

#include "node/application_routes.hpp"
#include "node/registry_routes.hpp"

namespace perigee::node {

api::routes things_routes(things& of, std::shared_ptr<const issuing_site> by,
                          std::shared_ptr<control::attestation::verifier> verifier, const identity_config& how) {
  auto out = registry_routes(of);
  std::ranges::move(application_routes(of), std::back_inserter(out));
  if (!by) return out;
  std::ranges::move(enrolment_routes(of, by, {how.needs_approval, how.renewal_grace}), std::back_inserter(out));
  std::ranges::move(attestation_routes(of, by, std::move(verifier), how.needs_approval), std::back_inserter(out));
  return out;
}

}  // namespace perigee::node
