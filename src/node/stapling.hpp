#pragma once

#include <memory>
#include <string>

#include "io/file.hpp"
#include "io/shard.hpp"
#include "io/task.hpp"
#include "node/certificates.hpp"
#include "node/enrolment_routes.hpp"

namespace perigee::node {

/// Keeps what listeners staple for the node's own certificate (OCSP, RFC 6066 8) fresh, where this node's authority has
/// issued it. `file`: the certificate's. Until cancelled.
[[nodiscard]] io::task<> keep_stapled(io::shard& on, io::disk& disk, certificates& of, const chain_rules& rules,
                                      std::shared_ptr<const issuing_site> by, std::string file);

}  // namespace perigee::node
