#pragma once
// Lists of a node's API, page by page, and how commands show them.

#include <boost/json/object.hpp>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"
#include "cli/node_api.hpp"
#include "cli/text_table.hpp"

namespace perigee::cli {

/// At most `most` rows of the list `name`. `next` of what comes back is where it went on, or null.
[[nodiscard]] std::expected<boost::json::object, exit_code> ask_list(const node_api& node, const std::string& path,
                                                                     std::string_view name, std::uint64_t most);
/// --limit; it says on stderr, in the command's name, where that is no number.
[[nodiscard]] std::expected<std::uint64_t, exit_code> limit_of(const invocation& called, std::string_view command);
/// The rows of a list for a person, with a word about what is left out.
[[nodiscard]] std::string to_text(const boost::json::object& list, std::string_view name, text_table table,
                                  std::vector<std::string> (*row_of)(const boost::json::object&),
                                  std::string_view none);

/// "2026-11-22T10:02:03.123456789Z" to the second.
[[nodiscard]] std::string to_second(std::string time);
[[nodiscard]] std::string or_dash(std::string text);
void print_json(const boost::json::object& what);

}  // namespace perigee::cli
