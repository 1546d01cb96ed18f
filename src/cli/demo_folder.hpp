#pragma once
// The demo's folder: it may be emptied and removed, so it must be one that a demo made.

#include <string>

#include "base/error.hpp"

namespace perigee::cli {

/// Makes the folder, or empties one that a demo made before. errc::refused for any other folder with something in it.
/// Gives the absolute path.
[[nodiscard]] result<std::string> claim_demo_folder(const std::string& folder);
/// Removes a folder that a demo made, with all in it.
[[nodiscard]] result<> remove_demo_folder(const std::string& folder);

}  // namespace perigee::cli
