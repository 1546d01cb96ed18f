#include "rules/detail/expression_text.hpp"

#include <format>

namespace perigee::rules::detail {
namespace {

std::string lowered(std::string_view name) {
  std::string out(name);
  for (auto& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

std::string canonical(const expression_pool& pool, expression_id id) {
  const auto& e = pool[id];
  auto out = std::format("{}", static_cast<int>(e.code));
  if (e.code == op::constant) {
    out += std::format(":{}:{}:{}:{}", static_cast<int>(e.literal.kind), e.literal.flag, e.literal.number, e.name);
  }
  if (e.code == op::field) out += ":" + to_string(e.path);
  if (e.code == op::call) out += (e.distinct ? "!" : ":") + lowered(e.name);
  if (e.code == op::cast) out += std::format(":{}", static_cast<int>(e.type));
  out += '(';
  for (const auto arg : e.args) out += canonical(pool, arg) + ",";
  for (const auto key : e.partition) out += "by" + canonical(pool, key);
  if (e.when) out += "when" + canonical(pool, *e.when);
  return out + ')';
}

}  // namespace perigee::rules::detail
