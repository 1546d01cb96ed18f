#pragma once
// The configuration is read like every other TOML file of Perigee (settings/).

#include "node/config.hpp"
#include "settings/kind.hpp"

namespace perigee::node::detail {

using settings::all;
using settings::describe;
using settings::describe_table;
using settings::entry;
using settings::expect_table;
using settings::expected_path;
using settings::option;
using settings::path_kind;
using settings::position;
using settings::read_table;
using settings::reading;
using settings::refuse_unknown;
using settings::repeated;
using settings::row;
using settings::value;

}  // namespace perigee::node::detail
