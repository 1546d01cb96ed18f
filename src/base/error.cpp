#include "base/error.hpp"

#include <array>
#include <format>

namespace perigee {
namespace {

class category final : public std::error_category {
  const char* name() const noexcept override { return "perigee"; }

  std::string message(int value) const override {
    static constexpr std::array texts{"ok",        "malformed", "too large",   "full",    "duplicate", "out of order",
                                      "not found", "exists",    "unsupported", "refused", "corrupt",   "cancelled",
                                      "timed out", "closed",    "i/o error",   "no space"};
    const auto index = static_cast<std::size_t>(value);
    return index < texts.size() ? texts[index] : "unknown";
  }
};

}  // namespace

const std::error_category& perigee_category() noexcept {
  static const category instance;
  return instance;
}

std::string error::text() const { return std::format("{} ({})", what, code.message()); }

}  // namespace perigee
