#pragma once
// A rule as it runs, and how a file becomes one.

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "rules/detail/table_list.hpp"
#include "rules/detail/text_template.hpp"
#include "rules/rule_set.hpp"

namespace perigee::rules::detail {

struct column_plan {
  std::string key;  // "\"name\":", ready to write
  node_id value = 0;
};

struct action_plan {
  action_kind kind = action_kind::publish;
  text_template topic{};                   // publish, store, webhook, email
  std::optional<text_template> payload{};  // of the same; absent: the columns
  std::string alarm{};                     // its name
  std::vector<std::string> tell{};         // alarm: topics of the destinations that hear of it
  alarm_design design{};                   // alarm
  std::string members{};                   // alarm: what its raising tells of that
  std::optional<node_id> clear_when{};     // alarm; absent: when its condition is false
  std::optional<node_id> key{};            // alarm, table
  std::uint32_t table = 0;                 // its place
  std::vector<node_id> row{};              // table: its columns
  rules::severity severity = severity::warning;
  std::uint8_t qos = 0;
  bool retain = false;
};

/// When a message counts as having happened: its own time, or when this node's journal took it.
struct time_plan {
  std::optional<node_id> value;
  time_unit unit = time_unit::by_magnitude;
  std::chrono::nanoseconds lateness{};
};

struct window_plan {
  window_spec spec;
  std::vector<node_id> keys;      // of a message
  std::optional<node_id> filter;  // of a message
  std::optional<node_id> having;  // of the window
};

struct hold_plan {
  std::chrono::nanoseconds duration{};
  std::vector<node_id> partition;  // empty: by topic
};

struct join_plan {
  std::uint32_t table = 0;  // its place
  node_id key = 0;
  bool left = false;
};

/// Two streams that are joined. Filters and keys by the side: FROM, JOIN.
struct pair_plan {
  window_spec spec;
  bool left = false;
  std::array<std::vector<std::string>, 2> filters;
  std::array<node_id, 2> keys{};
};

struct match_plan {
  struct step {
    node_id condition = 0;
    bool negated = false;
    std::uint32_t source = 0;  // what is kept of its message; not of a negated one
  };
  std::vector<step> steps;
  std::chrono::nanoseconds within{};
  std::vector<node_id> partition;  // empty: by topic
};

struct rule_plan {
  std::string name;
  std::string file;
  std::uint64_t identity = 0;  // of its name and text: what it remembers is of this rule and no other
  bool interlock = false;
  std::vector<std::string> filters;
  program code;
  bool star = false;
  std::vector<column_plan> columns;
  std::vector<join_plan> joins;
  std::optional<node_id> where;
  time_plan time;
  std::optional<window_plan> window;
  std::optional<hold_plan> hold;
  std::optional<pair_plan> pairs;
  std::optional<match_plan> match;
  std::vector<action_plan> actions;
  bool reads_payload = false;
};

/// Compiles one file; its fields and tables join those of the other rules. `known`: the destinations there are; null
/// where nobody knows. Only meaningful where nothing was reported.
[[nodiscard]] rule_plan compile_rule(field_tree& fields, table_list& tables, const destinations* known,
                                     counting conditions, problems& wrong);

}  // namespace perigee::rules::detail
