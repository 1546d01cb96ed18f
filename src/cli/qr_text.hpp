#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace perigee::cli {

/// A text as a QR code (ISO/IEC 18004, error correction level L) in half blocks of UTF-8, two rows of it a line, with
/// the margin that it needs; light on a dark terminal, where scanners read it. Nothing where the text is too long for
/// one, or this program was built without libqrencode.
[[nodiscard]] std::optional<std::string> qr_text(std::string_view text);
/// libqrencode's version; empty: it was built without.
[[nodiscard]] std::string qr_library_version();

}  // namespace perigee::cli
