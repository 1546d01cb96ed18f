#pragma once

#include <span>

#include "base/error.hpp"
#include "journal/keyring.hpp"
#include "node/config.hpp"

namespace perigee::node {

/// Reads the keys that the journal is encrypted with at rest; none where nothing is encrypted. The log names the one
/// that cannot be read. errc::malformed, errc::unsupported, or as secret::read.
[[nodiscard]] result<journal::keyring> read_keys(std::span<const secret> from);

}  // namespace perigee::node
