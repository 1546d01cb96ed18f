#pragma once

#include <string>

#include "base/error.hpp"
#include "io/file.hpp"
#include "journal/lineage.hpp"

namespace perigee::journal::detail {

/// The lives that a journal's folder remembers, `journal.lives`: docs/formats/journal.md. errc::not_found in a new
/// folder, errc::unsupported, errc::corrupt.
[[nodiscard]] result<lineage> read_lives(io::disk& disk, const std::string& folder);
/// Durable when it returns.
[[nodiscard]] result<> write_lives(io::disk& disk, const std::string& folder, const lineage& all);

}  // namespace perigee::journal::detail
