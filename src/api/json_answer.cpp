#include "api/json_answer.hpp"

#include "base/utf8.hpp"

namespace perigee::api {

answer json_answer(const boost::json::value& body, unsigned status) {
  // Devices name themselves and their metrics, and not all of them in UTF-8.
  return {status, "application/json", in_utf8(boost::json::serialize(body)) + "\n"};
}

boost::json::value time_or_null(timestamp t) {
  constexpr std::int64_t ms = 1'000'000;
  if (t.ns == 0) return nullptr;
  return boost::json::string(to_iso8601({t.ns - t.ns % ms}));
}

boost::json::value text_or_null(std::string_view text) {
  if (text.empty()) return nullptr;
  return boost::json::string(text);
}

}  // namespace perigee::api
