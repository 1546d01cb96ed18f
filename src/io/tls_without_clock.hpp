#pragma once

#include <memory>
#include <optional>

#include "io/tls.hpp"

namespace perigee::io {

/// As tls_context::client, for who does not know what time it is: the server's certificates are checked as they are at
/// `at`; without it, whatever their times are. For asking the time, and nothing else.
[[nodiscard]] result<std::shared_ptr<tls_context>> tls_client_at(tls_files files, std::optional<timestamp> at);

}  // namespace perigee::io
