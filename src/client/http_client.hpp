#pragma once

#include <string>
#include <string_view>

#include "io/stream.hpp"

namespace perigee::client {

struct http_answer {
  unsigned status = 0;
  std::string body;  // at most limits::http_body_bytes_max
};

/// One GET over a connection of its own (HTTP/1.1, RFC 9112), answered by the deadline or not at all. `token` goes as
/// the bearer's where it is not empty.
[[nodiscard]] io::task<http_answer> http_get(io::network& net, io::endpoint to, std::string path, std::string token,
                                             clock::time_point deadline);

}  // namespace perigee::client
