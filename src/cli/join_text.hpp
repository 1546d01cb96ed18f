#pragma once
// What `perigee join` needs to know, as one line that `perigee token create --qr` prints and a person carries over.

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "cli/command.hpp"

namespace perigee::cli {

struct join_text {
  std::string url;  // of the parent's API: "https://HOST:PORT"
  std::string token;
  std::string name;         // of the node; empty in a line that is for several
  std::string fingerprint;  // SHA-256 of the root in hexadecimal; empty: a person compares it
};

/// "https://HOST:PORT/#join=TOKEN,NAME,FINGERPRINT". A browser that opens it shows the parent's page, and sends nobody
/// what is behind the '#' (RFC 3986 3.5).
[[nodiscard]] std::string to_line(const join_text& from);
/// Nothing where it is no such line.
[[nodiscard]] std::optional<join_text> read_join_line(std::string_view line);
/// From the arguments of `perigee join`: the line, or its parts one by one. A sentence where something is missing.
[[nodiscard]] std::expected<join_text, std::string> join_text_of(const invocation& called);

}  // namespace perigee::cli
