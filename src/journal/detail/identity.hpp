#pragma once

#include <string>

#include "base/error.hpp"
#include "base/id.hpp"
#include "io/file.hpp"

namespace perigee::journal::detail {

/// Who a journal's folder belongs to: docs/formats/journal.md.
struct identity {
  perigee::epoch epoch;
  std::string node;
};

/// errc::not_found in a new folder, errc::unsupported, errc::corrupt.
[[nodiscard]] result<identity> read_identity(io::disk& disk, const std::string& folder);
[[nodiscard]] result<> write_identity(io::disk& disk, const std::string& folder, const identity& who);

}  // namespace perigee::journal::detail
