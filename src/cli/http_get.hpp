#pragma once
// One question to a node's API.

#include <string>

#include "io/stream.hpp"

namespace perigee::cli {

struct http_answer {
  unsigned status = 0;
  std::string body;
};

struct http_question {
  std::string method;
  std::string path;
  std::string token;  // of the node's run.json; empty: none is shown
};

/// HTTP/1.1 on a connection of its own; errc::timed_out at the deadline, errc::malformed for what is no
/// answer, errc::too_large past a mebibyte.
[[nodiscard]] io::task<http_answer> http_ask(io::shard& on, io::network& network, io::endpoint at,
                                             http_question question, clock::time_point deadline);
/// The same for GET and no token.
[[nodiscard]] io::task<http_answer> http_get(io::shard& on, io::network& network, io::endpoint at, std::string path,
                                             clock::time_point deadline);

/// The sum of all series of a metric in a Prometheus text that have `label` ("lane=\"bulk\"") among theirs.
[[nodiscard]] double metric_in(std::string_view exposition, std::string_view name, std::string_view label = {});

/// Splits head from body. Public for its test.
[[nodiscard]] result<http_answer> parse_http_answer(std::string_view bytes);

}  // namespace perigee::cli
