#pragma once

#include <boost/json.hpp>

#include "api/message.hpp"
#include "base/time.hpp"

namespace perigee::api {

[[nodiscard]] answer json_answer(const boost::json::value& body, unsigned status = 200);
/// To the millisecond: "2026-03-01T12:00:00.250Z"; null for the time 0, which is none.
[[nodiscard]] boost::json::value time_or_null(timestamp t);
[[nodiscard]] boost::json::value text_or_null(std::string_view text);

}  // namespace perigee::api
