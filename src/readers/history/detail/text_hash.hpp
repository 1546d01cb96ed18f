#pragma once

#include <functional>
#include <string_view>

namespace perigee::readers::history::detail {

/// Lets a map keyed by std::string be asked with a view, without a copy.
struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

}  // namespace perigee::readers::history::detail
