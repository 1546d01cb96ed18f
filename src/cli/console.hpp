#pragma once
// stdout is data, stderr is messages. Colour and movement only on a terminal that wants them (no-color.org).

#include <string>
#include <string_view>

namespace perigee::cli {

/// Data, on stdout, flushed.
void print(std::string_view text);
/// Messages, on stderr.
void complain(std::string_view text);

[[nodiscard]] bool stdout_is_terminal();
[[nodiscard]] bool stderr_is_terminal();
/// A terminal, and NO_COLOR is not set.
[[nodiscard]] bool stdout_has_colour();
[[nodiscard]] unsigned terminal_columns();

enum class colour { plain, green, yellow, red, dim, bold };
/// The text in a colour, or as it is where `on` is false.
[[nodiscard]] std::string painted(std::string_view text, colour c, bool on);

/// A text as a JSON string, with its quotes.
[[nodiscard]] std::string json_text(std::string_view text);

}  // namespace perigee::cli
