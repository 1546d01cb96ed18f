#pragma once

#include <string>
#include <string_view>

namespace perigee {

/// The text with everything escaped that would move a terminal's cursor, end a line, or is not UTF-8: "\\n", "\\x1b".
/// Names and topics come from peers, and a line of the log is not theirs to write.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace perigee
