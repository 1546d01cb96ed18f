#include "node/value_json.hpp"

#include <boost/json.hpp>
#include <cmath>

#include "wire/mqtt/text.hpp"

namespace perigee::node {
namespace {

struct to_json_value {
  boost::json::value operator()(std::monostate) const { return nullptr; }
  boost::json::value operator()(double x) const { return number_or_null(x); }
  boost::json::value operator()(std::int64_t x) const { return x; }
  boost::json::value operator()(bool x) const { return x; }
  boost::json::value operator()(const std::string& x) const {
    if (!wire::mqtt::is_valid_text(x)) return nullptr;
    return boost::json::string(x);
  }
  boost::json::value operator()(const byte_buffer&) const { return nullptr; }
};

}  // namespace

boost::json::value to_json(const model::value& v) { return std::visit(to_json_value{}, v); }

boost::json::value number_or_null(double x) {
  if (!std::isfinite(x)) return nullptr;
  return x;
}

}  // namespace perigee::node
