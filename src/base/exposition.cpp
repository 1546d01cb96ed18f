#include "base/exposition.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <format>
#include <iterator>
#include <ranges>

namespace perigee::metrics {
namespace {

constexpr std::string_view openmetrics_type = "application/openmetrics-text";
constexpr std::string_view total_suffix = "_total";

std::string_view name_of(family_type t) {
  switch (t) {
    case family_type::counter: return "counter";
    case family_type::gauge: return "gauge";
    case family_type::histogram: break;
  }
  return "histogram";
}

std::string_view unit_of(std::string_view family) {
  if (family.ends_with("_bytes")) return "bytes";
  return family.ends_with("_seconds") ? "seconds" : "";
}

std::string text_of(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return std::format("{}", value);
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// The q of one media range (RFC 9110 12.4.2); 1 where it says none.
double weight_of(std::string_view range) {
  for (const auto part : range | std::views::split(';') | std::views::drop(1)) {
    const auto parameter = trimmed(std::string_view(part));
    if (!parameter.starts_with("q=")) continue;
    double out = 1;
    (void)std::from_chars(parameter.data() + 2, parameter.data() + parameter.size(), out);
    return out;
  }
  return 1;
}

}  // namespace

std::string_view media_type_of(text_format f) {
  return f == text_format::openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                       : "text/plain; version=0.0.4; charset=utf-8";
}

text_format preferred_format(std::string_view accept) {
  double plain = 0;
  double open = 0;
  for (const auto part : accept | std::views::split(',')) {
    const auto range = trimmed(std::string_view(part));
    const auto type = trimmed(range.substr(0, range.find(';')));
    if (type == openmetrics_type) open = std::max(open, weight_of(range));
    if (type == "text/plain") plain = std::max(plain, weight_of(range));
  }
  return open > 0 && open >= plain ? text_format::openmetrics : text_format::prometheus;
}

void exposition::family(std::string_view name, std::string_view help, family_type type) {
  const bool open = format_ == text_format::openmetrics;
  if (open && type == family_type::counter && name.ends_with(total_suffix)) name.remove_suffix(total_suffix.size());
  auto to = std::back_inserter(out_);
  std::format_to(to, "# HELP {} {}\n# TYPE {} {}\n", name, help, name, name_of(type));
  if (const auto unit = unit_of(name); open && !unit.empty()) std::format_to(to, "# UNIT {} {}\n", name, unit);
}

void exposition::sample(std::string_view name, std::string_view labels, double value) {
  const auto* const open = labels.empty() ? "" : "{";
  const auto* const close = labels.empty() ? "" : "}";
  std::format_to(std::back_inserter(out_), "{}{}{}{} {}\n", name, open, labels, close, text_of(value));
}

std::string exposition::take() {
  if (format_ == text_format::openmetrics) out_ += "# EOF\n";
  return std::move(out_);
}

}  // namespace perigee::metrics
