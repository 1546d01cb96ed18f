#pragma once
// A site's first node makes the site's authorities and its own certificate itself (docs/identity.md, "The authorities
// of a site").

#include <string>

#include "control/enrolment/site_files.hpp"
#include "node/config.hpp"

namespace perigee::node {

/// The authorities in the folder: their name, and where their keys are. secret::read's errors of the passphrase.
[[nodiscard]] result<control::enrolment::site_order> site_of(const std::string& folder, const identity_config& chosen);

/// Where [identity] has a `site`: makes what is absent of its authorities, and of this node's certificate where [tls]
/// is not there to name another. Blocks, for the start. errc::refused where the machine's clock stands before the
/// program was built: a certificate says from when it counts; as control::enrolment::make_authorities.
[[nodiscard]] result<> make_first_identity(io::disk& on, const config& chosen);

}  // namespace perigee::node
