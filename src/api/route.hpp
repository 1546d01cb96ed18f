#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/message.hpp"

namespace perigee::api {

/// Who is answered (promise P10).
enum class access {
  anybody,
  known_peer,  // and on loopback, or with a certificate of the configured authority: for what changes nothing
  operators,   // whoever is signed in, or shows the node's token: no other web page in somebody's browser has either
};

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

}  // namespace perigee::api
