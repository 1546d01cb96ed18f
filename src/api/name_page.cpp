#include "api/name_page.hpp"

#include "base/percent.hpp"

namespace perigee::api {

std::string name_page::cursor_of(const std::vector<std::string_view>& names) {
  std::string out;
  for (const auto each : names) out += (out.empty() ? "" : "/") + percent_encode(each);
  return out;
}

boost::json::object name_page::take() {
  boost::json::value next;
  if (more_) next = boost::json::string(last_);
  return boost::json::object{{list_, std::move(rows_)}, {"next", next}};
}

}  // namespace perigee::api
