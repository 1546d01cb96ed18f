#pragma once
// How a body travels: content codings (RFC 9110 8.4) and entity tags (RFC 9110 8.8.3).

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace perigee::api {

enum class coding { identity, gzip, zstd };
[[nodiscard]] std::string_view name_of(coding c);

/// The best one that the client takes, by its Accept-Encoding (RFC 9110 12.5.3); q=0 refuses one. Where several are as
/// good to it, zstd before gzip before none. Empty: identity.
[[nodiscard]] coding choose_coding(std::string_view accept_encoding);
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);
/// Blocks for about 3 ms (zstd) or 10 ms (gzip) per mebibyte.
[[nodiscard]] result<std::string> compress(std::string_view body, coding with);
/// errc::too_large past `bytes_max`, errc::malformed.
[[nodiscard]] result<std::string> gunzip(std::string_view packed, std::size_t bytes_max);

/// Weak, for one body has several codings: W/"0123456789abcdef0123456789abcdef".
[[nodiscard]] std::string tag_of(std::string_view body);
/// Whether If-None-Match names the tag (RFC 9110 13.1.2).
[[nodiscard]] bool names_tag(std::string_view if_none_match, std::string_view tag);

}  // namespace perigee::api
