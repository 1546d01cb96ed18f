#include "rules/detail/expression_text.hpp"

#include <algorithm>
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

std::string_view text_of(std::string_view source, const expression& e) {
  auto begin = std::min<std::size_t>(e.where.at, source.size());
  auto end = std::min<std::size_t>(std::max(e.end, e.where.at + e.where.length), source.size());
  const auto inside = source.substr(begin, end - begin);
  auto missing = std::ranges::count(inside, '(') - std::ranges::count(inside, ')');
  for (; missing > 0 && source.substr(end).starts_with(')'); --missing) ++end;
  for (; missing < 0 && begin > 0 && source[begin - 1] == '('; ++missing) --begin;
  return source.substr(begin, end - begin);
}

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
