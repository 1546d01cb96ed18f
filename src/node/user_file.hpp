#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "access/users.hpp"
#include "io/file.hpp"

namespace perigee::node {

/// Puts `becomes` in the place of a user file that is `was`: after a crash either is there. The owner and the group
/// stay, where this process may give them back, and nobody else may read it. errc::exists: somebody else has changed
/// the file meanwhile, and nothing is done.
[[nodiscard]] result<> replace_user_file(io::disk& on, const std::string& path, std::string_view was,
                                         std::string_view becomes);

}  // namespace perigee::node
