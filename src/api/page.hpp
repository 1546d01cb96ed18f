#pragma once
// The operator's page, as it is built into the program.

#include <string_view>
#include <vector>

#include "api/route.hpp"
#include "base/bytes.hpp"

namespace perigee::api {

/// One file of the page.
struct asset {
  std::string_view path;  // "/assets/index-C0D9pzRb.js"
  std::string_view type;
  byte_view gzipped;
  bool hashed = false;  // its name says what is in it
};

/// Those that tools/build_page found; none where the page was not built.
[[nodiscard]] std::vector<asset> page_assets();

/// GET of each asset, for anybody: they say nothing about the node. `/` is index.html.
[[nodiscard]] routes page_routes(const std::vector<asset>& all);

}  // namespace perigee::api
