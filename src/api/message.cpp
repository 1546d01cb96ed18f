#include "api/message.hpp"

#include <boost/json.hpp>
#include <format>

namespace perigee::api {
namespace {

io::task<answer> ready(answer made) { co_return std::move(made); }

}  // namespace

answer problem(const problem_details& what) {
  boost::json::object out{{"type", what.type}, {"title", what.title}, {"status", what.status}};
  if (!what.detail.empty()) out["detail"] = what.detail;
  if (!what.field.empty()) out["field"] = what.field;
  if (!what.right.empty()) out["right"] = what.right;
  return {what.status, "application/problem+json", boost::json::serialize(out) + "\n"};
}

answer problem(unsigned status, std::string_view title) { return problem({.status = status, .title = title}); }

std::string caller::text() const {
  switch (by) {
    case proof::none:
    case proof::peer: return name.empty() ? address : std::format("{} ({})", name, address);
    case proof::session: return std::format("{} ({})", name, address);
    case proof::token: break;
  }
  return std::format("the node's token ({})", address);
}

handler at_once(std::function<answer(const request&)> make) {
  return [make = std::move(make)](const request& asked) { return ready(make(asked)); };
}

}  // namespace perigee::api
