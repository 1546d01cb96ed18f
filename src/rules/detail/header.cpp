#include "rules/detail/header.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <span>

#include "base/alarm_limits.hpp"
#include "base/rules_limits.hpp"
#include "base/toml.hpp"
#include "rules/detail/window_parser.hpp"

namespace perigee::rules::detail {
namespace {

constexpr std::array<std::string_view, 9> header_keys{"interlock", "name",     "description", "fields", "time",
                                                      "time_unit", "lateness", "table",       "action"};
constexpr std::array<std::string_view, 4> file_table_keys{"name", "file", "key", "separator"};
constexpr std::array<std::string_view, 4> kept_table_keys{"name", "key", "columns", "ttl"};
constexpr std::array<std::string_view, 5> time_units{"", "s", "ms", "us", "ns"};            // as time_unit
constexpr std::array<std::string_view, 4> field_types{"any", "number", "boolean", "text"};  // as value_type
constexpr std::array<std::string_view, 3> severities{"info", "warning", "critical"};

constexpr std::array<std::string_view, 4> publish_keys{"publish", "payload", "qos", "retain"};
constexpr std::array<std::string_view, 2> webhook_keys{"webhook", "payload"};
constexpr std::array<std::string_view, 3> email_keys{"email", "subject", "text"};
constexpr std::array<std::string_view, 13> alarm_keys{"tell",       "alarm",     "severity",  "key",     "clear_when",
                                                      "on_delay",   "off_delay", "latch",     "confirm", "realarm",
                                                      "shelve_max", "group",     "suppresses"};
constexpr std::array<std::string_view, 2> store_keys{"store", "payload"};
constexpr std::array<std::string_view, 1> table_keys{"table"};

struct action_form {
  std::string_view name;
  action_kind kind;
  std::span<const std::string_view> keys;
};
constexpr std::array<action_form, 6> action_forms{{
    {"publish", action_kind::publish, publish_keys},
    {"alarm", action_kind::alarm, alarm_keys},
    {"store", action_kind::store, store_keys},
    {"table", action_kind::table, table_keys},
    {"webhook", action_kind::webhook, webhook_keys},
    {"email", action_kind::email, email_keys},
}};

/// Where the header stands in the file.
struct frame {
  std::size_t begin = 0;  // of the TOML
  std::size_t end = 0;
  std::size_t body = 0;
};

std::string_view trimmed(std::string_view line) {
  const auto first = line.find_first_not_of(" \t\r");
  return first == std::string_view::npos ? std::string_view()
                                         : line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

/// The first line with something on it is "/*"; the header ends at the first line that is "*/" alone. Nothing where it
/// does not end: then it cannot be told from the SELECT.
std::optional<frame> find_header(problems& wrong) {
  const auto text = wrong.source().text;
  std::optional<frame> found;
  for (std::size_t start = 0; start < text.size();) {
    const auto stop = std::min(text.find('\n', start), text.size());
    const auto line = trimmed(text.substr(start, stop - start));
    const auto next = std::min(stop + 1, text.size());
    if (!found && line == "/*") {
      found = frame{next, next, next};
    } else if (!found && !line.empty()) {
      break;
    } else if (found && line == "*/") {
      return frame{found->begin, start, next};
    }
    start = next;
  }
  if (found) {
    wrong.add({static_cast<std::uint32_t>(found->begin - 1), 1}, "P0213", "the header never ends",
              "close it with */ on a line of its own");
    return std::nullopt;
  }
  wrong.add({0, 1}, "P0213", "the header is missing",
            "begin with /* on a line, the rule's actions in TOML, and */ on a line");
  return frame{0, 0, 0};
}

class header_reader {
 public:
  header_reader(frame at, problems& wrong) : wrong_(wrong), text_(wrong.source().text.substr(0, at.end)), at_(at) {}

  void read(rule_header& out) {
    const auto parsed = toml::parse(text_.substr(at_.begin));
    if (!parsed) {
      const auto& error = parsed.error();
      return wrong_.add(place(error.source()), "P0214", std::string(error.description()));
    }
    const auto& table = parsed.table();
    for (const auto& [key, node] : table) {
      if (!std::ranges::contains(header_keys, key.str())) unknown_key(key, header_keys);
    }
    if (const auto* name = table.get("name")) read_name(*name, out);
    if (const auto* interlock = table.get("interlock")) read_interlock(*interlock, out);
    if (const auto* time = table.get("time")) out.time = string(*time, "time");
    if (const auto* unit = table.get("time_unit")) read_time_unit(*unit, out);
    if (const auto* lateness = table.get("lateness")) read_lateness(*lateness, out);
    if (const auto* fields = table.get("fields")) read_fields(*fields, out);
    if (const auto* tables = table.get("table")) read_tables(*tables, out);
    read_actions(table, out);
  }

 private:
  void read_name(const toml::node& node, rule_header& out) {
    const auto name = string(node, "name");
    if (!name) return;
    out.name = name->text;
    out.name_at = name->where();
  }

  void read_interlock(const toml::node& node, rule_header& out) {
    const auto is_one = node.value_exact<bool>();
    if (!is_one) return wrong_.add(place(node.source()), "P0216", "'interlock' is true or false");
    out.interlock = *is_one;
  }

  void read_time_unit(const toml::node& node, rule_header& out) {
    const auto name = string(node, "time_unit");
    if (!name) return;
    const auto found = std::ranges::find(time_units, name->text);
    if (found == time_units.end() || found == time_units.begin()) {
      return wrong_.add(name->where(), "P0216", "'time_unit' is s, ms, us or ns");
    }
    out.time_unit = static_cast<time_unit>(found - time_units.begin());
  }

  void read_lateness(const toml::node& node, rule_header& out) {
    const auto text = string(node, "lateness");
    if (!text) return;
    const auto duration = parse_duration(text->text);
    if (!duration) return wrong_.add(text->where(), "P0216", "'lateness' is a duration such as \"5s\"");
    if (!out.time) {
      return wrong_.add(text->where(), "P0216", "'lateness' needs 'time'",
                        "a message is never late by the time at which it arrives; name its own: time = \"ts\"");
    }
    out.lateness = *duration;
  }

  void read_fields(const toml::node& node, rule_header& out) {
    if (!node.is_table()) {
      return wrong_.add(place(node.source()), "P0216", "'fields' is a table",
                        "write [fields] and lines t = \"number\"");
    }
    for (const auto& [key, type] : *node.as_table()) {
      const auto name = string(type, key.str());
      if (!name) continue;
      const bool optional = name->text.ends_with('?');
      const auto of = std::string_view(name->text).substr(0, name->text.size() - (optional ? 1 : 0));
      const auto found = std::ranges::find(field_types, of);
      if (found == field_types.end()) {
        wrong_.add(name->where(), "P0216",
                   "a field is a number, boolean, text or any, with '?' where it may be missing",
                   did_you_mean(of, field_types));
        continue;
      }
      out.fields.push_back({std::string(key.str()), static_cast<value_type>(found - field_types.begin()), optional});
    }
  }

  void read_tables(const toml::node& tables, rule_header& out) {
    if (!tables.is_array_of_tables()) {
      return wrong_.add(place(tables.source()), "P0216", "'table' is a list of tables", "write [[table]]");
    }
    for (const auto& one : *tables.as_array()) read_table(*one.as_table(), out);
  }

  void read_table(const toml::table& table, rule_header& out) {
    const auto& known = table.contains("file") ? file_table_keys : kept_table_keys;
    for (const auto& [key, node] : table) {
      if (!std::ranges::contains(known, key.str())) unknown_key(key, known);
    }
    const auto need = [&](std::string_view key) -> std::optional<located_string> {
      if (const auto* node = table.get(key)) return string(*node, key);
      wrong_.add(place(table.source()), "P0216", std::format("a [[table]] needs '{}'", key));
      return std::nullopt;
    };
    const auto name = need("name");
    const auto key = need("key");
    if (!name || !key) return;
    table_header made{.name = *name, .key = key->text};
    const bool twice = std::ranges::any_of(out.tables, [&](const auto& t) { return t.name.text == name->text; });
    if (twice) return wrong_.add(name->where(), "P0232", std::format("two tables are named '{}'", name->text));
    if (const auto* node = table.get("file")) {
      made.file = string(*node, "file");
      if (!made.file) return;
    } else {
      const auto ttl = need("ttl");
      if (!ttl || !read_ttl(*ttl, made)) return;
    }
    if (const auto* node = table.get("columns")) read_columns(*node, made);
    if (const auto* node = table.get("separator")) read_separator(*node, made);
    out.tables.push_back(std::move(made));
  }

  bool read_ttl(const located_string& text, table_header& out) {
    const auto duration = parse_duration(text.text);
    if (duration && *duration > std::chrono::nanoseconds(0)) {
      out.ttl = *duration;
      return true;
    }
    wrong_.add(text.where(), "P0216", "'ttl' is how long a row lives, such as \"10m\"");
    return false;
  }

  void read_columns(const toml::node& node, table_header& out) {
    const auto* list = node.as_array();
    if (list == nullptr || list->size() >= limits::rule_columns_max) {
      return wrong_.add(place(node.source()), "P0216",
                        std::format("'columns' is a list of fewer than {} names", limits::rule_columns_max));
    }
    for (const auto& one : *list) {
      const auto name = string(one, "columns");
      if (!name) continue;
      if (name->text == out.key || std::ranges::contains(out.columns, name->text)) {
        wrong_.add(name->where(), "P0210", std::format("two columns are named '{}'", name->text));
      }
      out.columns.push_back(name->text);
    }
  }

  void read_separator(const toml::node& node, table_header& out) {
    const auto text = string(node, "separator");
    if (!text) return;
    if (text->text.size() != 1) return wrong_.add(text->where(), "P0216", "'separator' is one character");
    out.separator = text->text.front();
  }

  void read_actions(const toml::table& table, rule_header& out) {
    const auto* actions = table.get("action");
    if (actions == nullptr) {
      return wrong_.add({static_cast<std::uint32_t>(at_.begin), 1}, "P0222", "the rule does nothing",
                        "add an [[action]] with publish, alarm, store, table, webhook or email");
    }
    if (!actions->is_array_of_tables()) {
      return wrong_.add(place(actions->source()), "P0216", "'action' is a list of tables", "write [[action]]");
    }
    for (const auto& one : *actions->as_array()) {
      if (out.actions.size() == limits::rule_actions_max) {
        return wrong_.add(place(one.source()), "P0212", std::format("more than {} actions", limits::rule_actions_max));
      }
      read_action(*one.as_table(), out);
    }
  }

  void read_action(const toml::table& table, rule_header& out) {
    const auto form = std::ranges::find_if(action_forms, [&](const auto& f) { return table.contains(f.name); });
    if (form == action_forms.end()) {
      return wrong_.add(place(table.source()), "P0217", "this action says nothing to do",
                        "it needs one of publish, alarm, store, table, webhook and email");
    }
    for (const auto& [key, node] : table) check_key(key, *form);
    action_header made{.kind = form->kind};
    const auto target = string(*table.get(form->name), form->name);
    if (!target) return;
    made.target = *target;
    if (const auto* node = table.get("payload")) made.payload = string(*node, "payload");
    if (const auto* node = table.get("subject")) made.subject = string(*node, "subject");
    if (const auto* node = table.get("text")) made.text = string(*node, "text");
    if (const auto* node = table.get("key")) made.key = string(*node, "key");
    if (const auto* node = table.get("tell")) read_tell(*node, made);
    if (const auto* node = table.get("qos")) read_qos(*node, made);
    if (const auto* node = table.get("retain")) read_retain(*node, made);
    if (const auto* node = table.get("severity")) read_severity(*node, made);
    if (made.kind == action_kind::alarm) read_design(table, made);
    out.actions.push_back(std::move(made));
  }

  void check_key(const toml::key& key, const action_form& form) {
    const auto is_action = [&](const auto& f) { return f.name == key.str() && f.kind != form.kind; };
    if (std::ranges::any_of(action_forms, is_action)) {
      wrong_.add(place(key.source()), "P0217", std::format("one action cannot both {} and {}", form.name, key.str()),
                 "give each its own [[action]]");
    } else if (!std::ranges::contains(form.keys, key.str())) {
      unknown_key(key, form.keys);
    }
  }

  void unknown_key(const toml::key& key, std::span<const std::string_view> known) {
    auto at = place(key.source());
    at.length = static_cast<std::uint32_t>(key.str().size());
    wrong_.add(at, "P0215", std::format("unknown key '{}'", key.str()), did_you_mean(key.str(), known));
  }

  void read_tell(const toml::node& node, action_header& out) {
    const auto* all = node.as_array();
    if (all == nullptr || all->size() > limits::rule_actions_max) {
      return wrong_.add(place(node.source()), "P0216", "'tell' is a list of destinations",
                        "such as [\"webhook/ops\", \"email/operators\"]");
    }
    for (const auto& one : *all) {
      if (auto name = string(one, "tell")) out.tell.push_back(*std::move(name));
    }
  }

  void read_qos(const toml::node& node, action_header& out) {
    const auto qos = node.value_exact<std::int64_t>();
    if (!qos || *qos < 0 || *qos > 1) {
      return wrong_.add(place(node.source()), "P0216", "'qos' is 0 or 1");
    }
    out.qos = static_cast<std::uint8_t>(*qos);
  }

  void read_retain(const toml::node& node, action_header& out) { read_truth(node, "retain", out.retain); }

  void read_truth(const toml::node& node, std::string_view key, bool& into) {
    const auto truth = node.value_exact<bool>();
    if (!truth) return wrong_.add(place(node.source()), "P0216", std::format("'{}' is true or false", key));
    into = *truth;
  }

  void read_design(const toml::table& table, action_header& out) {
    auto& design = out.design;
    if (const auto* node = table.get("clear_when")) out.clear_when = string(*node, "clear_when");
    if (const auto* node = table.get("latch")) read_truth(*node, "latch", design.latch);
    if (const auto* node = table.get("confirm")) read_truth(*node, "confirm", design.confirm);
    read_alarm_time(table, "on_delay", std::chrono::nanoseconds(0), design.on_delay);
    read_alarm_time(table, "off_delay", std::chrono::nanoseconds(0), design.off_delay);
    read_alarm_time(table, "realarm", std::chrono::seconds(1), design.realarm);
    std::chrono::nanoseconds shelve_max{};
    read_alarm_time(table, "shelve_max", std::chrono::seconds(1), shelve_max);
    if (shelve_max != shelve_max.zero()) design.shelve_max = shelve_max;
    read_group(table, "group", design.group);
    read_group(table, "suppresses", design.suppresses);
  }

  void read_alarm_time(const toml::table& table, std::string_view key, std::chrono::nanoseconds least,
                       std::chrono::nanoseconds& into) {
    const auto* node = table.get(key);
    const auto text = node == nullptr ? std::nullopt : string(*node, key);
    if (!text) return;
    const auto duration = parse_duration(text->text);
    if (!duration || *duration < least || *duration > std::chrono::seconds(limits::alarm_seconds_max)) {
      return wrong_.add(text->where(), "P0216", std::format("'{}' is a duration such as \"10m\", at most 7d", key));
    }
    into = *duration;
  }

  void read_group(const toml::table& table, std::string_view key, std::string& into) {
    const auto* node = table.get(key);
    const auto text = node == nullptr ? std::nullopt : string(*node, key);
    if (!text) return;
    if (text->text.empty() || text->text.size() > limits::alarm_group_bytes_max) {
      return wrong_.add(
          text->where(), "P0216",
          std::format("'{}' is the name of a group, at most {} bytes", key, limits::alarm_group_bytes_max));
    }
    into = text->text;
  }

  void read_severity(const toml::node& node, action_header& out) {
    const auto name = string(node, "severity");
    if (!name) return;
    const auto found = std::ranges::find(severities, name->text);
    if (found == severities.end()) {
      return wrong_.add(name->where(), "P0216", "'severity' is info, warning or critical",
                        did_you_mean(name->text, severities));
    }
    out.severity = static_cast<severity>(found - severities.begin());
  }

  std::optional<located_string> string(const toml::node& node, std::string_view key) {
    const auto value = node.value_exact<std::string>();
    if (!value) {
      wrong_.add(place(node.source()), "P0216", std::format("'{}' is a string", key));
      return std::nullopt;
    }
    // Without escapes the content stands in the file right behind its quote, and errors can point into it.
    const auto at = place(node.source()).at;
    const bool exact = wrong_.source().text.substr(at + 1).starts_with(*value);
    return located_string{*value, exact ? at + 1 : at, exact};
  }

  /// toml++ counts lines of the header and columns in characters.
  [[nodiscard]] range place(const toml::source_region& region) const {
    auto at = at_.begin;
    for (toml::source_index line = 1; line < region.begin.line; ++line) {
      at = std::min(text_.find('\n', at), text_.size() - 1) + 1;
    }
    for (toml::source_index column = 1; column < region.begin.column && at < text_.size(); ++column) {
      ++at;
      while (at < text_.size() && (static_cast<unsigned char>(text_[at]) & 0xc0) == 0x80) ++at;
    }
    return {static_cast<std::uint32_t>(at), 1};
  }

  problems& wrong_;
  std::string_view text_;  // up to the end of the header
  frame at_;
};

/// "rules/overheat.rule.sql" is "overheat" where the header gives no name.
std::string name_from_file(std::string_view file) {
  file = file.substr(file.rfind('/') + 1);
  return std::string(file.substr(0, file.find(".rule.sql")));
}

}  // namespace

std::string_view name_of(action_kind kind) { return std::ranges::find(action_forms, kind, &action_form::kind)->name; }

std::optional<rule_header> parse_header(problems& wrong) {
  rule_header out;
  const auto text = wrong.source().text;
  out.name = name_from_file(wrong.source().file);
  const auto found = find_header(wrong);
  if (!found) return std::nullopt;
  if (found->end != 0) header_reader(*found, wrong).read(out);
  out.body = {text.substr(found->body), static_cast<std::uint32_t>(found->body)};
  return out;
}

}  // namespace perigee::rules::detail
