#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/message.hpp"
#include "api/role.hpp"

namespace perigee::api {

/// Who is answered (promise P10).
enum class access {
  anybody,
  known_peer,  // viewers, and who is on loopback or has a certificate of the authority: for what changes nothing
  viewers,     // from here on by role: whoever is signed in, shows a token or a certificate of their own
  operators,
  admins,
};
/// The least role that is answered, where one is looked at.
[[nodiscard]] role role_for(access to);

/// What a route is for people and for programs. What is described is also checked: its parameters are read by the
/// table, and it stands in openapi.json.
struct description {
  std::string_view summary{};           // empty: it reads its parameters itself
  std::vector<parameter> parameters{};  // those of the path in the order of the pattern
  std::string_view answers{};           // the notation of api/schema.hpp, or a media type; empty: nothing
  unsigned status = 200;                // of the good answer
  std::string_view body{};           // the media type of a body that is read as it comes, in place of JSON: "text/csv"
  std::uint32_t body_bytes_max = 0;  // of that body; 0: limits::http_request_body_bytes_max
};

/// What is served: a method and a pattern whose segments are literal or `{name}`, which stands for any one segment. A
/// route for GET serves HEAD.
struct route {
  std::string_view method = "GET";
  std::string pattern;
  handler answer_with;
  access to = access::known_peer;
  description about{};
};
using routes = std::vector<route>;

/// The segments that stand where the pattern has {...}, as they are; nothing where the path is another.
[[nodiscard]] std::optional<std::vector<std::string>> captures(std::string_view pattern, std::string_view path);
/// Whether the route answers this method.
[[nodiscard]] bool serves(const route& r, std::string_view method);
/// What a user's token must have among its scopes (docs/api.md, "Tokens"): "read" for what changes nothing, else the
/// area of the API, as the path names it.
[[nodiscard]] std::string_view scope_of(const route& r);

}  // namespace perigee::api
