// Names of what is joined: columns of tables, and fields of two streams.

#include <algorithm>
#include <array>
#include <format>

#include "rules/detail/binder.hpp"

namespace perigee::rules::detail {
namespace {

expression without_alias(const expression& e) {
  auto out = e;
  out.path.erase(out.path.begin());
  return out;
}

}  // namespace

/// Nothing where it names no table that is joined.
std::optional<binder::bound> binder::joined(const expression& e) {
  const auto* alias = std::get_if<std::string>(&e.path.front());
  const auto of =
      std::ranges::find_if(sources_, [&](const source& s) { return alias != nullptr && s.alias == *alias; });
  if (of == sources_.end() || e.path.size() < 2) return std::nullopt;
  if (of->unknown) return bound{};
  if (of->own) return plain_field(without_alias(e));
  if (of->stream) return captured(static_cast<std::uint32_t>(of - sources_.begin()), plain_field(without_alias(e)));
  const auto* name = std::get_if<std::string>(&e.path[1]);
  const auto column =
      std::ranges::find_if(of->columns, [&](const auto& c) { return name != nullptr && c.name == *name; });
  if (column == of->columns.end()) {
    std::vector<std::string_view> known;
    for (const auto& one : of->columns) known.push_back(one.name);
    wrong_.add(e.where, "P0235", std::format("the table '{}' has no column '{}'", *alias, name != nullptr ? *name : ""),
               did_you_mean(name != nullptr ? *name : "", known));
    return bound{};
  }
  auto out = joined_slot(static_cast<std::uint32_t>(of - sources_.begin()),
                         static_cast<std::uint32_t>(column - of->columns.begin()), column->type);
  for (const auto& step : std::span(e.path).subspan(2)) {
    const auto* member = std::get_if<std::string>(&step);
    const auto at = member != nullptr ? text_node(*member)
                                      : constant_node(of_number(std::get<std::uint32_t>(step)), value_type::number);
    out = add({.code = op::element}, std::array{out, at}, value_type::any);
  }
  return out;
}

binder::bound binder::joined_slot(std::uint32_t join, std::uint32_t column, value_type type) {
  const program::joined_column wanted{join, column};
  auto found = std::ranges::find(out_.joined, wanted);
  if (found == out_.joined.end()) found = out_.joined.insert(found, wanted);
  out_.nodes.push_back({.code = op::joined, .first = static_cast<std::uint32_t>(found - out_.joined.begin())});
  return {static_cast<node_id>(out_.nodes.size() - 1), type};
}

/// It is kept of each message of that stream, and looked at when a pair is told.
binder::bound binder::captured(std::uint32_t stream, bound of) {
  auto& kept = out_.captures[stream];
  const auto& wanted = out_.nodes[of.id];
  const auto same = [&](node_id id) {
    return wanted.code == op::field && out_.nodes[id].code == op::field && out_.nodes[id].first == wanted.first;
  };
  auto found = std::ranges::find_if(kept, same);
  if (found == kept.end()) found = kept.insert(found, of.id);
  return joined_slot(stream, static_cast<std::uint32_t>(found - kept.begin()), of.type);
}

/// topic() and its like are of the message of FROM, or of the last step.
binder::bound binder::of_one_message(bound made, const expression& e, std::span<const bound> args) {
  if (std::ranges::all_of(args, [&](bound one) { return constant_at(one.id) != nullptr; }))
    return captured(is_match_ ? static_cast<std::uint32_t>(sources_.size() - 1) : 0, made);
  wrong_.add(e.where, "P0225", std::format("'{}' needs constants here", e.name));
  return {};
}

binder::bound binder::not_of_several(const expression& e) {
  wrong_.add(e.where, "P0209", std::format("'{}' of several messages together is not yet in this version", e.name),
             "each pair, and each match, is told by itself");
  return {};
}

binder::bound binder::bind_of(std::string_view alias, const expression_pool& pool, expression_id id) {
  const auto saved = std::exchange(sources_, {{std::string(alias), {}, false, true, true}});
  const auto out = visit(pool, id);
  sources_ = saved;
  return out;
}

void binder::join_streams(std::string from, std::string join) {
  sources_ = {{std::move(from), {}, false, true}, {std::move(join), {}, false, true}};
  out_.captures.resize(2);
  together_ = true;
}

node_id binder::bind_step(std::string_view name, const expression_pool& pool, expression_id id) {
  sources_.push_back({std::string(name), {}, false, true, true});
  looks_back_ = true;
  const auto out = bind_as(value_type::boolean, pool, id, "MATCH");
  looks_back_ = false;
  sources_.pop_back();
  return out;
}

void binder::add_step(std::string name) {
  sources_.push_back({std::move(name), {}, false, true});
  out_.captures.resize(sources_.size());
}

void binder::enter_match() {
  if (out_.captures.empty()) add_step({});  // no step could be read
  together_ = true;
  is_match_ = true;
}

}  // namespace perigee::rules::detail
