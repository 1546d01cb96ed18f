#pragma once
// Every section and option of the configuration: sections.cpp is the table.

#include <span>

#include "node/detail/option.hpp"

namespace perigee::node::detail {

[[nodiscard]] std::span<const option<config>> root_options();

/// The position of a key of the `index`th [[section]], else of the section, else of the file as a whole.
[[nodiscard]] position place_of(const value& root, std::string_view section, std::size_t index, std::string_view key);

/// What an [[mqtt]] section says of its transport must go together (listeners.cpp).
void check_listening(reading& in, const value& root, config& of);

/// What must hold between options, with the place in `root` to point at.
void check_together(reading& in, const value& root, config& of);

}  // namespace perigee::node::detail
