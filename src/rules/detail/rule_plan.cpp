#include "rules/detail/rule_plan.hpp"

#include <algorithm>
#include <format>

#include "base/rules_limits.hpp"
#include "rules/detail/parser.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::rules::detail {
namespace {

bool is_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  return !name.empty() && name.size() <= limits::rule_name_bytes_max && std::ranges::all_of(name, plain);
}

constexpr auto name_help = "a name is made of letters, digits, '-', '_' and '.'";

std::string json_key(std::string_view name) {
  scratch room(name.size() * 6 + 3);
  room.begin();
  put_json_text(room, name);
  room.put(':');
  return std::string(room.take().value_or(""));
}

class compilation {
 public:
  compilation(field_tree& fields, problems& wrong) : wrong_(wrong), with_(fields, plan_.code, wrong) {}

  rule_plan run() {
    if (!readable()) return {};
    const auto header = parse_header(wrong_);
    if (!header) return {};
    const auto select = parse_select(header->body, wrong_);
    name(*header);
    with_.declare(header->fields);
    clauses(select);
    for (const auto& action : header->actions) plan_.actions.push_back(bind_action(action, select));
    plan_.reads_payload =
        plan_.star || std::ranges::any_of(plan_.code.nodes, [](const auto& n) { return n.code == op::field; });
    return std::move(plan_);
  }

 private:
  bool readable() {
    const auto text = wrong_.source().text;
    if (text.size() > limits::rule_file_bytes_max) {
      wrong_.add({0, 1}, "P0212", std::format("a rule file has at most {} bytes", limits::rule_file_bytes_max));
      return false;
    }
    if (const auto bad = text.find('\0'); bad != std::string_view::npos) {
      wrong_.add({static_cast<std::uint32_t>(bad), 1}, "P0200", "the file is not a text");
      return false;
    }
    return true;
  }

  void name(const rule_header& header) {
    if (!is_name(header.name)) {
      wrong_.add(header.name_at, "P0216", std::format("'{}' cannot be the name of a rule", header.name), name_help);
    }
    plan_.name = header.name;
  }

  void clauses(const select_statement& select) {
    plan_.star = select.star;
    std::vector<binder::bound> columns;
    for (const auto& one : select.columns) {
      columns.push_back(with_.bind(select.pool, one.value));
      plan_.columns.push_back({json_key(one.name), columns.back().id});
    }
    for (const auto& filter : select.from) plan_.filters.push_back(filter.text);
    if (select.where) plan_.where = with_.bind_as(value_type::boolean, select.pool, *select.where, "WHERE");
    // Only now: as in SQL, WHERE and the columns themselves see fields.
    for (std::size_t i = 0; i < columns.size(); ++i) with_.name_column(select.columns[i].name, columns[i]);
  }

  action_plan bind_action(const action_header& header, const select_statement& select) {
    action_plan out{.kind = header.kind, .severity = header.severity, .qos = header.qos, .retain = header.retain};
    if (header.kind == action_kind::alarm) {
      out.alarm = header.target.text;
      if (!is_name(out.alarm)) {
        wrong_.add(header.target.where(), "P0216", std::format("'{}' cannot be the name of an alarm", out.alarm),
                   name_help);
      }
      if (header.key) out.key = bind_key(*header.key);
      return out;
    }
    out.topic = bind_template(header.target, with_, wrong_);
    check_topic(out.topic, header.target, select);
    if (header.payload) out.payload = bind_template(*header.payload, with_, wrong_);
    return out;
  }

  std::optional<node_id> bind_key(const located_string& key) {
    expression_pool pool;
    const auto parsed = parse_expression(key.view(), pool, wrong_);
    if (!parsed) return std::nullopt;
    return with_.bind(pool, *parsed).id;
  }

  void check_topic(const text_template& topic, const located_string& written, const select_statement& select) {
    const auto shape = shape_of(topic);
    if (!wire::mqtt::is_topic_name(shape)) {
      return wrong_.add(
          written.where(), "P0219", std::format("'{}' is not a topic to send to", written.text),
          "a topic has at least one character and no wildcard; ${topic(2)} takes a level of the message's own");
    }
    // With a WHERE the rule may know its own messages; without one it certainly does not.
    const auto fed =
        std::ranges::find_if(select.from, [&](const auto& f) { return wire::mqtt::matches(f.text, shape); });
    if (fed != select.from.end() && !select.where) {
      wrong_.add(written.where(), "P0223",
                 std::format("the rule would feed itself: '{}' is covered by its FROM '{}'", written.text, fed->text),
                 "send to another topic, or tell its own messages apart in WHERE");
    }
  }

  rule_plan plan_;
  problems& wrong_;
  binder with_;
};

}  // namespace

rule_plan compile_rule(field_tree& fields, problems& wrong) {
  auto out = compilation(fields, wrong).run();
  out.file = wrong.source().file;
  return out;
}

}  // namespace perigee::rules::detail
