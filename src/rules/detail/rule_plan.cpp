#include "rules/detail/rule_plan.hpp"

#include <algorithm>
#include <format>

#include "base/rules_limits.hpp"
#include "crypto/digest.hpp"
#include "rules/detail/certainty.hpp"
#include "rules/detail/expression_text.hpp"
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
  compilation(field_tree& fields, table_list& tables, const destinations* known, counting conditions, problems& wrong)
      : tables_(tables), known_(known), wrong_(wrong), with_(fields, plan_.code, wrong, conditions == counting::on) {}

  rule_plan run() {
    if (!readable()) return {};
    const auto header = parse_header(wrong_);
    if (!header) return {};
    const auto select = parse_select(header->body, wrong_);
    name(*header);
    with_.declare(header->fields);
    time(*header);
    for (const auto& one : header->tables) declared_.push_back({one.name.text, tables_.declare(one, wrong_)});
    clauses(select);
    for (const auto& action : header->actions) plan_.actions.push_back(bind_action(action, select));
    check_hold(select);
    plan_.interlock = header->interlock;
    if (plan_.interlock) check_interlock(*header, select);
    if (!header->fields.empty() && !wrong_.any()) check_certainty(select, header->fields, wrong_);
    plan_.reads_payload =
        plan_.star || std::ranges::any_of(plan_.code.nodes, [](const auto& n) { return n.code == op::field; });
    return std::move(plan_);
  }

 private:
  struct declared_table {
    std::string name;
    std::optional<std::uint32_t> place;
  };

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
    for (const auto& filter : select.from) plan_.filters.push_back(filter.text);
    joins(select);
    if (select.match) match(*select.match, select);
    if (select.where) plan_.where = with_.bind_as(value_type::boolean, select.pool, *select.where, "WHERE");
    hold(select);
    if (!plan_.pairs && !plan_.match) window(select);
    std::vector<binder::bound> columns;
    for (const auto& one : select.columns) {
      columns.push_back(with_.bind(select.pool, one.value));
      plan_.columns.push_back({json_key(one.name), columns.back().id});
    }
    // Only now: as in SQL, WHERE and the columns themselves see fields.
    for (std::size_t i = 0; i < columns.size(); ++i) with_.name_column(select.columns[i].name, columns[i]);
    if (plan_.window && select.having) {
      plan_.window->having = with_.bind_as(value_type::boolean, select.pool, *select.having, "HAVING");
    }
  }

  /// Reports what is not declared. The table may be one that cannot be: that was reported before.
  const declared_table* table_of(std::string_view name, range where) {
    const auto found = std::ranges::find(declared_, name, &declared_table::name);
    if (found != declared_.end()) return &*found;
    std::vector<std::string_view> known;
    for (const auto& one : declared_) known.push_back(one.name);
    auto help = did_you_mean(name, known);
    if (help.empty()) help = "declare it in the header: [[table]] with name, key and file or ttl";
    wrong_.add(where, "P0231", std::format("no [[table]] of this rule is named '{}'", name), std::move(help));
    return nullptr;
  }

  void joins(const select_statement& select) {
    const auto stream = std::ranges::find_if(select.joins, [](const auto& j) { return j.filter.has_value(); });
    if (stream == select.joins.end()) {
      for (const auto& one : select.joins) join(one, select.pool);
    } else if (select.joins.size() > 1) {
      wrong_.add(stream->where, "P0209", "a JOIN of streams beside another JOIN is not yet in this version");
    } else {
      pairs(*stream, select);
    }
  }

  /// Messages of both sides are kept until their window ends; each pair is then decided on like a message.
  void pairs(const join_clause& one, const select_statement& select) {
    auto& made = plan_.pairs.emplace();
    made.left = one.left;
    for (const auto& filter : select.from) made.filters[0].push_back(filter.text);
    made.filters[1].push_back(one.filter->text);
    plan_.filters.push_back(one.filter->text);
    const auto alias = select.from_alias.empty() ? std::string("FROM") : select.from_alias;
    if (select.from_alias.empty() || select.from_alias == one.alias) {
      wrong_.add(one.where, "P0233", "both streams need a name of their own", "write FROM '...' AS a JOIN '...' AS b");
    }
    pair_window(one, select);
    const auto& on = select.pool[one.on];
    if (on.code != op::equal) {
      wrong_.add(on.where, "P0233", "streams are joined where two values are equal: ON a.id = b.id",
                 "what else must be true belongs in WHERE");
    } else {
      // Written the other way round it means the same.
      const bool turned = mentions(select.pool, on.args[0], one.alias) || mentions(select.pool, on.args[1], alias);
      made.keys = {with_.bind_of(alias, select.pool, on.args[turned ? 1 : 0]).id,
                   with_.bind_of(one.alias, select.pool, on.args[turned ? 0 : 1]).id};
    }
    with_.join_streams(alias, one.alias);
  }

  void match(const match_clause& of, const select_statement& select) {
    auto& made = plan_.match.emplace();
    made.within = of.within;
    check_match(of, select);
    for (const auto key : of.partition) made.partition.push_back(with_.bind(select.pool, key).id);
    std::uint32_t source = 0;
    for (const auto& one : of.steps) {
      made.steps.push_back({with_.bind_step(one.name, select.pool, one.condition), one.negated, source});
      if (one.negated) continue;
      with_.add_step(one.name);
      ++source;
    }
    with_.enter_match();
  }

  void check_match(const match_clause& of, const select_statement& select) {
    constexpr auto cannot_be = "P0237";
    for (std::size_t i = 0; i < of.steps.size(); ++i) {
      const auto& one = of.steps[i];
      if (one.negated && (i == 0 || of.steps[i - 1].negated)) {
        wrong_.add(one.where, cannot_be, "NOT stands behind a step", "write MATCH a AS (...) THEN NOT (... OR ...)");
      }
      const auto twice = std::ranges::count(of.steps, one.name, &match_step::name) > 1;
      if (!one.negated && twice) {
        wrong_.add(one.where, cannot_be, std::format("two steps are named '{}'", one.name));
      }
    }
    if (of.steps.size() < 2) {
      wrong_.add(of.where, cannot_be, "a MATCH has two steps at least", "a condition of one message stands in WHERE");
    }
    const auto not_yet = [&](bool there, std::string_view what) {
      if (there) wrong_.add(of.where, "P0209", std::format("{} with MATCH is not yet in this version", what));
    };
    not_yet(!select.joins.empty(), "JOIN");
    not_yet(!select.group_by.empty() || select.window || select.having, "a window");
    not_yet(select.hold.has_value(), "FOR");
    not_yet(select.star, "'*'");
    not_yet(plan_.time.lateness.count() != 0, "lateness");
  }

  void pair_window(const join_clause& one, const select_statement& select) {
    const auto not_yet = [&](bool there, std::string_view what) {
      if (there)
        wrong_.add(one.where, "P0209", std::format("{} with a JOIN of streams is not yet in this version", what));
    };
    not_yet(!select.group_by.empty(), "a key of GROUP BY");
    not_yet(select.having.has_value(), "HAVING");
    not_yet(select.hold.has_value(), "FOR");
    not_yet(select.star, "'*'");
    if (!select.window) {
      wrong_.add(one.where, "P0228", "a JOIN of streams needs a window", "add GROUP BY TUMBLINGWINDOW(ss, 10)");
      return;
    }
    plan_.pairs->spec = select.window->spec;
    not_yet(select.window->filter.has_value(), "FILTER");
    not_yet(select.window->spec.hop.count() == 0, "a window that neither tumbles nor hops");
  }

  /// Whether a field of that stream stands in it.
  static bool mentions(const expression_pool& pool, expression_id id, std::string_view alias) {
    const auto& e = pool[id];
    const auto* first = e.path.size() > 1 ? std::get_if<std::string>(&e.path.front()) : nullptr;
    return (first != nullptr && *first == alias) ||
           std::ranges::any_of(e.args, [&](auto arg) { return mentions(pool, arg, alias); });
  }

  /// ON is `table.key = expression`, in either order: one row at most.
  void join(const join_clause& one, const expression_pool& pool) {
    const auto* table = table_of(one.table, one.where);
    if (table == nullptr || !table->place || tables_.at(*table->place).broken) {
      return with_.join({one.alias, {}, true});
    }
    const auto& of = tables_.at(*table->place);
    const field_path key{one.alias, of.declared.key};
    const auto& on = pool[one.on];
    const auto is_key = [&](std::size_t side) {
      const auto& e = pool[on.args[side]];
      return e.code == op::field && e.path == key;
    };
    if (on.code != op::equal || is_key(0) == is_key(1)) {
      wrong_.add(on.where, "P0233", std::format("a table is asked by its key: ON {} = ...", to_string(key)),
                 "what else must be true belongs in WHERE");
    } else {
      plan_.joins.push_back({*table->place, with_.bind(pool, on.args[is_key(0) ? 1 : 0]).id, one.left});
    }
    with_.join({one.alias, of.columns});
  }

  void hold(const select_statement& select) {
    if (!select.hold) return;
    auto& made = plan_.hold.emplace(select.hold->duration);
    for (const auto key : select.hold->partition) made.partition.push_back(with_.bind(select.pool, key).id);
    if (select.window) {
      wrong_.add(select.hold->where, "P0209", "FOR in a rule with a window is not yet in this version",
                 "send the window's results to a topic, and let another rule look at that");
    }
  }

  /// It acts once, and before anything is durable: so it has nothing to remember, and nothing that must survive.
  void check_interlock(const rule_header& header, const select_statement& select) {
    const auto refuse = [this](range where, std::string_view what) {
      wrong_.add(where, "P0241", std::format("an interlock {}", what),
                 "let another rule do that: both may listen to the same topics");
    };
    if (select.window) refuse(select.window->where, "has no window");
    if (select.hold) refuse(select.hold->where, "does not wait");
    if (!plan_.code.analytics.empty()) refuse(header.name_at, "remembers nothing: without lag() and its like");
    if (header.time) refuse(header.time->where(), "goes by no time but that of arrival");
    for (const auto& action : header.actions) {
      if (action.kind != action_kind::publish || action.qos != 0 || action.retain) {
        refuse(action.target.where(), "only publishes, with QoS 0 and not retained");
      }
    }
  }

  /// What counts later than its message cannot ask what was remembered then.
  void check_hold(const select_statement& select) {
    if (select.hold && !plan_.code.analytics.empty()) {
      wrong_.add(select.hold->where, "P0209", "FOR with lag() and its like is not yet in this version");
    }
  }

  void window(const select_statement& select) {
    if (!select.window) {
      const auto without = [&](expression_id at, std::string_view clause) {
        wrong_.add(select.pool[at].where, "P0228", std::format("{} needs a window", clause),
                   "add a window: GROUP BY key, TUMBLINGWINDOW(ss, 10)");
      };
      if (!select.group_by.empty()) without(select.group_by.front(), "GROUP BY");
      if (select.having) without(*select.having, "HAVING");
      return;
    }
    auto& made = plan_.window.emplace(select.window->spec);
    if (select.window->filter) {
      made.filter = with_.bind_as(value_type::boolean, select.pool, *select.window->filter, "FILTER");
    }
    std::vector<binder::group_expression> keys;
    for (const auto key : select.group_by) {
      const auto of = column_meant(select, key);
      const auto bound = with_.bind(select.pool, of);
      made.keys.push_back(bound.id);
      keys.push_back({canonical(select.pool, of), bound.type});
    }
    if (select.star) {
      wrong_.add(select.window->where, "P0229", "'*' is of one message, and a window has many",
                 "name the columns, such as last(temperature) AS temperature");
    }
    check_lateness(select.window->where);
    with_.enter_window(std::move(keys));
  }

  /// GROUP BY may name a column of the SELECT: then it means what that column is.
  static expression_id column_meant(const select_statement& select, expression_id key) {
    const auto& e = select.pool[key];
    if (e.code != op::field || e.path.size() != 1) return key;
    const auto* name = std::get_if<std::string>(&e.path.front());
    const auto found = std::ranges::find_if(select.columns, [&](const auto& c) { return name && c.name == *name; });
    return found == select.columns.end() ? key : found->value;
  }

  void check_lateness(range window) {
    const auto& spec = plan_.window->spec;
    const auto late = plan_.time.lateness;
    if (late == std::chrono::nanoseconds(0)) return;
    if (spec.hop == std::chrono::nanoseconds(0)) {
      wrong_.add(window, "P0209", "lateness is for tumbling and hopping windows in this version");
    } else if ((late + spec.size) / pane_of(spec) > limits::rule_panes_max) {
      wrong_.add(window, "P0227", std::format("lateness and window have more than {} parts", limits::rule_panes_max));
    }
  }

  void time(const rule_header& header) {
    plan_.time.unit = header.time_unit;
    plan_.time.lateness = header.lateness;
    if (!header.time) return;
    expression_pool pool;
    const auto parsed = parse_expression(header.time->view(), pool, wrong_);
    if (parsed) plan_.time.value = with_.bind(pool, *parsed).id;
  }

  action_plan bind_action(const action_header& header, const select_statement& select) {
    action_plan out{.kind = header.kind, .severity = header.severity, .qos = header.qos, .retain = header.retain};
    switch (header.kind) {
      case action_kind::table: bind_row(header.target, select, out); break;
      case action_kind::alarm: bind_alarm(header, out); break;
      case action_kind::email:
        out.topic = {{.literal = topic_of_destination("email/" + header.target.text, header.target)}};
        out.payload = bind_email(header);
        break;
      case action_kind::webhook:
        out.topic = {{.literal = topic_of_destination("webhook/" + header.target.text, header.target)}};
        if (header.payload) out.payload = bind_template(*header.payload, with_, wrong_);
        break;
      case action_kind::publish:
      case action_kind::store:
        out.topic = bind_template(header.target, with_, wrong_);
        check_topic(out.topic, header.target, select);
        if (header.payload) out.payload = bind_template(*header.payload, with_, wrong_);
        break;
    }
    return out;
  }

  void bind_alarm(const action_header& header, action_plan& out) {
    out.alarm = header.target.text;
    if (!is_name(out.alarm)) {
      wrong_.add(header.target.where(), "P0216", std::format("'{}' cannot be the name of an alarm", out.alarm),
                 name_help);
    }
    if (header.key) out.key = bind_key(*header.key);
    if (header.clear_when) out.clear_when = bind_condition(*header.clear_when, "'clear_when'");
    out.design = header.design;
    out.members = header.design.members();
    for (const auto& each : header.tell) out.tell.push_back(topic_of_destination(each.text, each));
  }

  /// A row is made of the columns of the SELECT that have the names of the table's.
  void bind_row(const located_string& name, const select_statement& select, action_plan& out) {
    const auto* table = table_of(name.text, name.where());
    if (table == nullptr || !table->place) return;
    const auto& of = tables_.at(*table->place);
    if (of.declared.file) {
      return wrong_.add(name.where(), "P0233",
                        std::format("the table '{}' is a file: rules do not write it", name.text));
    }
    out.table = *table->place;
    for (const auto& column : of.columns) {
      const auto found = std::ranges::find(select.columns, column.name, &column::name);
      if (found == select.columns.end()) {
        wrong_.add(name.where(), "P0233",
                   std::format("the SELECT gives no '{}', which the table '{}' has", column.name, name.text),
                   std::format("add a column: ... AS {}", column.name));
        continue;
      }
      out.row.push_back(plan_.columns[static_cast<std::size_t>(found - select.columns.begin())].value);
    }
    if (!out.row.empty()) out.key = out.row.front();
  }

  /// {"subject":"..","text":".."}
  text_template bind_email(const action_header& header) {
    if (!header.subject || !header.text) {
      wrong_.add(header.target.where(), "P0216", "an email needs 'subject' and 'text'", "both may hold ${expression}");
      return {};
    }
    text_template out{{.literal = R"({"subject":")"}};
    std::ranges::move(bind_text(*header.subject, with_, wrong_), std::back_inserter(out));
    out.push_back({.literal = R"(","text":")"});
    std::ranges::move(bind_text(*header.text, with_, wrong_), std::back_inserter(out));
    out.push_back({.literal = R"("})"});
    return out;
  }

  /// `name` is "webhook/ops".
  std::string topic_of_destination(const std::string& name, const located_string& written) {
    const bool has_form = name.starts_with("webhook/") || name.starts_with("email/");
    if (!has_form || !is_name(name.substr(name.find('/') + 1))) {
      wrong_.add(written.where(), "P0216", std::format("'{}' is no destination", written.text),
                 "webhook/NAME or email/NAME, where the configuration has a [[webhook]] or [[email]] of that name");
    } else if (known_ != nullptr && !std::ranges::contains(*known_, name)) {
      std::vector<std::string_view> names(known_->begin(), known_->end());
      wrong_.add(written.where(), "P0240", std::format("this node has no '{}'", name), did_you_mean(name, names));
    }
    return std::string(delivery_prefix) + name;
  }

  std::optional<node_id> bind_key(const located_string& key) {
    expression_pool pool;
    const auto parsed = parse_expression(key.view(), pool, wrong_);
    if (!parsed) return std::nullopt;
    return with_.bind(pool, *parsed).id;
  }

  std::optional<node_id> bind_condition(const located_string& written, std::string_view what) {
    expression_pool pool;
    const auto parsed = parse_expression(written.view(), pool, wrong_);
    if (!parsed) return std::nullopt;
    return with_.bind_as(value_type::boolean, pool, *parsed, what);
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
  table_list& tables_;
  std::vector<declared_table> declared_;
  const destinations* known_;
  problems& wrong_;
  binder with_;
};

}  // namespace

rule_plan compile_rule(field_tree& fields, table_list& tables, const destinations* known, counting conditions,
                       problems& wrong) {
  auto out = compilation(fields, tables, known, conditions, wrong).run();
  out.file = wrong.source().file;
  byte_buffer whole;
  byte_writer to(whole);
  to.sized(out.name);
  to.sized(wrong.source().text);
  const auto digest = crypto::digest(crypto::digest_kind::sha256, whole);
  out.identity = byte_reader(digest).u64();
  return out;
}

}  // namespace perigee::rules::detail
