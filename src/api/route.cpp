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

role role_for(access to) {
  switch (to) {
    case access::anybody: return role::none;
    case access::known_peer:
    case access::viewers: return role::views;
    case access::operators: return role::operates;
    case access::admins: break;
  }
  return role::administers;
}

std::string_view scope_of(const route& r) {
  constexpr std::string_view root = "/api/v1/";
  if (r.method == "GET" || r.to == access::known_peer) return "read";
  const std::string_view pattern = r.pattern;
  const auto area = pattern.starts_with(root) ? pattern.substr(root.size()) : pattern.substr(1);
  const auto name = area.substr(0, area.find_first_of("/:"));
  if (name == "mqtt") return "clients";  // "mqtt" is to be one
  return name == "session" ? "users" : name;
}

bool serves(const route& r, std::string_view method) {
  return r.method == method || (r.method == "GET" && method == "HEAD");
}

}  // namespace perigee::api
