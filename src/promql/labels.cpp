#include "promql/labels.hpp"

#include <algorithm>

namespace perigee::promql {

labels::labels(std::initializer_list<label> all) {
  for (const auto& each : all) set(each.name, each.value);
}

std::string_view labels::get(std::string_view name) const {
  const auto at = std::ranges::lower_bound(all_, name, {}, &label::name);
  return at != all_.end() && at->name == name ? std::string_view(at->value) : std::string_view();
}

void labels::set(std::string_view name, std::string_view value) {
  const auto at = std::ranges::lower_bound(all_, name, {}, &label::name);
  const bool there = at != all_.end() && at->name == name;
  if (value.empty()) {
    if (there) all_.erase(at);
  } else if (there) {
    at->value = value;
  } else {
    all_.insert(at, {std::string(name), std::string(value)});
  }
}

std::string labels::text() const {
  std::string inner;
  for (const auto& each : all_) {
    if (each.name == metric_name_label) continue;
    if (!inner.empty()) inner += ", ";
    inner.append(each.name).append("=\"").append(each.value).append("\"");
  }
  return std::string(get(metric_name_label)) + "{" + inner + "}";
}

}  // namespace perigee::promql
