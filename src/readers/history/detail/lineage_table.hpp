#pragma once

#include "journal/lineage.hpp"
#include "sqlite/sqlite.hpp"

namespace perigee::readers::history::detail {

/// Notes which copy of the journal is read from now on. Where it is another than the one that the positions come from,
/// they go back to where the two part.
[[nodiscard]] result<> follow(sqlite::connection& db, const journal::lineage& now);

}  // namespace perigee::readers::history::detail
