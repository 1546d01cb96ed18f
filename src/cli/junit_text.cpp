#include "cli/junit_text.hpp"

#include <algorithm>
#include <format>

namespace perigee::cli {
namespace {

/// XML 1.0 2.2 and 2.4.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\n': out += "&#10;"; break;
      case '\t': out += "&#9;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
  return out;
}

std::size_t failures(const tested_file& of) {
  return static_cast<std::size_t>(std::ranges::count_if(of.outcomes, [](const auto& o) { return !o.passed; }));
}

}  // namespace

std::string junit_text(std::span<const tested_file> files) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const auto& file : files) {
    out += std::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\">\n", escaped(file.file),
                       file.outcomes.size(), failures(file));
    for (const auto& one : file.outcomes) {
      out += std::format("    <testcase classname=\"{}\" name=\"{}\"", escaped(file.file), escaped(one.name));
      out += one.passed
                 ? "/>\n"
                 : std::format(">\n      <failure message=\"other actions came\">{}</failure>\n    </testcase>\n",
                               escaped(one.text));
    }
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

}  // namespace perigee::cli
