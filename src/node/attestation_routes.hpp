#pragma once

#include <memory>
#include <string>

#include "api/route.hpp"
#include "control/attestation/verifier.hpp"
#include "io/file.hpp"
#include "node/enrolment_routes.hpp"
#include "node/things.hpp"

namespace perigee::node {

/// The verifier of an operator's policy file, and of the makers of TPMs that it names. The log tells what is wrong
/// with the file. Null where there is no file (an empty path): nobody attests itself here. errc::malformed, and what
/// reading it fails with.
[[nodiscard]] result<std::shared_ptr<control::attestation::verifier>> open_verifier(io::disk& on,
                                                                                    const std::string& policy_file);

/// POST /.well-known/perigee/attestation/challenge and .../enrol: a certificate for who shows a token, or a certificate
/// that is to be renewed, and proves its TPM and what it has started. A thing whose boot chain is not allowed is
/// suspended. `needs_approval` as enrolment_routes has it. None without a verifier. docs/attestation.md.
[[nodiscard]] api::routes attestation_routes(things& of, std::shared_ptr<const issuing_site> by,
                                             std::shared_ptr<control::attestation::verifier> verifier,
                                             bool needs_approval);

}  // namespace perigee::node
