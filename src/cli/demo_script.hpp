#pragma once
// What a demo does by itself: lines such as `15s cut fog`.

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/time.hpp"

namespace perigee::cli {

enum class demo_verb { cut, heal, kill, start };
[[nodiscard]] std::string_view name_of(demo_verb v);

struct demo_step {
  nanoseconds at{0};  // from the moment that the site runs
  demo_verb verb = demo_verb::cut;
  std::string node;
};

/// In the order of time. Empty lines and what follows a '#' are for people. Every error at once: P0401 to P0404.
[[nodiscard]] std::expected<std::vector<demo_step>, diagnostics> parse_demo_script(
    source_text source, std::span<const std::string_view> nodes);

struct demo_code {
  std::string_view code;
  std::string_view title;
  std::string_view text;
};
[[nodiscard]] std::span<const demo_code> demo_codes();

}  // namespace perigee::cli
