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
  if (!what.user.empty()) out["user"] = what.user;
  return {.status = what.status,
          .type = "application/problem+json",
          .body = boost::json::serialize(out) + "\n",
          .reason = what.type};
}

answer problem(unsigned status, std::string_view title) { return problem({.status = status, .title = title}); }

std::string caller::title() const {
  if (by == proof::node_token) return "the node's token";
  if (name.empty()) return "nobody";
  return by == proof::user_token ? std::format("{} (token {})", name, token) : name;
}

std::string caller::text() const { return std::format("{} at {}", title(), address); }

handler at_once(std::function<answer(const request&)> make) {
  return [make = std::move(make)](const request& asked) { return ready(make(asked)); };
}

}  // namespace perigee::api
