#include "api/route.hpp"

namespace perigee::api {

std::optional<std::vector<std::string>> captures(std::string_view pattern, std::string_view path) {
  std::vector<std::string> out;
  while (!pattern.empty() && !path.empty()) {
    const auto wanted = pattern.substr(0, pattern.find('/', 1));
    const auto given = path.substr(0, path.find('/', 1));
    const bool any = wanted.starts_with("/{");
    if (any ? given.size() < 2 : wanted != given) return std::nullopt;
    if (any) out.emplace_back(given.substr(1));
    pattern.remove_prefix(wanted.size());
    path.remove_prefix(given.size());
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return out;
}

bool serves(const route& r, std::string_view method) {
  return r.method == method || (r.method == "GET" && method == "HEAD");
}

}  // namespace perigee::api
