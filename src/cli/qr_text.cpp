#include "cli/qr_text.hpp"

#if PERIGEE_WITH_QR
#include <qrencode.h>

#include <memory>
#endif

namespace perigee::cli {

#if PERIGEE_WITH_QR

namespace {

constexpr int margin = 4;  // ISO/IEC 18004 6.3.8

using code_ptr = std::unique_ptr<QRcode, decltype([](QRcode* one) { QRcode_free(one); })>;

/// The margin is light, and so is what lies outside of it.
bool is_dark(const QRcode& of, int row, int column) {
  if (row < 0 || column < 0 || row >= of.width || column >= of.width) return false;
  return (of.data[row * of.width + column] & 1U) != 0;
}

}  // namespace

std::optional<std::string> qr_text(std::string_view text) {
  const code_ptr made(QRcode_encodeString8bit(std::string(text).c_str(), 0, QR_ECLEVEL_L));
  if (!made) return std::nullopt;
  std::string out;
  for (int row = -margin; row < made->width + margin; row += 2) {
    for (int column = -margin; column < made->width + margin; ++column) {
      const bool upper = is_dark(*made, row, column);
      const bool lower = is_dark(*made, row + 1, column);
      out += upper ? (lower ? " " : "▄") : (lower ? "▀" : "█");
    }
    out += '\n';
  }
  return out;
}

std::string qr_library_version() { return QRcode_APIVersionString(); }

#else

std::optional<std::string> qr_text(std::string_view) { return std::nullopt; }
std::string qr_library_version() { return {}; }

#endif

}  // namespace perigee::cli
