#pragma once
// The TOML in the comment at the head of a rule file: what the rule is called and what it does.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/action.hpp"
#include "rules/detail/alarm_design.hpp"
#include "rules/detail/lexer.hpp"
#include "rules/detail/syntax.hpp"

namespace perigee::rules::detail {

/// A string of the header with its place, for what is written inside it.
struct located_string {
  std::string text;
  std::uint32_t at = 0;
  bool exact = false;

  [[nodiscard]] located_text view() const { return {text, at, exact}; }
  [[nodiscard]] range where() const { return view().place(0, text.empty() ? 1 : text.size()); }
};

enum class action_kind : std::uint8_t { publish, alarm, store, table, webhook, email };

/// As the header writes it: "publish".
[[nodiscard]] std::string_view name_of(action_kind kind);

struct action_header {
  action_kind kind = action_kind::publish;
  located_string target{};                     // publish, store: the template of the topic; else a name
  std::optional<located_string> payload{};     // publish, store, webhook
  std::optional<located_string> subject{};     // email
  std::optional<located_string> text{};        // email
  std::optional<located_string> key{};         // alarm
  std::vector<located_string> tell{};          // alarm: the destinations that hear of it
  std::optional<located_string> clear_when{};  // alarm
  alarm_design design{};                       // alarm
  rules::severity severity = severity::warning;
  std::uint8_t qos = 0;
  bool retain = false;
};

/// What a number means where a time is asked for. By magnitude: seconds before 1e11, ms before 1e14, µs before 1e17.
enum class time_unit : std::uint8_t { by_magnitude, seconds, milliseconds, microseconds, nanoseconds };

/// [[table]]: the rows of a file, or rows that rules write.
struct table_header {
  located_string name;
  std::optional<located_string> file{};
  std::string key;                     // the column that tells rows apart
  std::vector<std::string> columns{};  // without a file: those beside the key
  char separator = ',';                // of the file
  std::chrono::nanoseconds ttl{};      // without a file: how long a row lives
};

struct rule_header {
  std::string name;
  range name_at;
  bool interlock = false;                // decides before its message is durable
  schema fields;                         // empty: whatever the payload has
  std::optional<located_string> time{};  // an expression: when a message happened
  detail::time_unit time_unit = time_unit::by_magnitude;
  std::chrono::nanoseconds lateness{};
  std::vector<table_header> tables;
  std::vector<action_header> actions;
  located_text body;  // what follows the header: the SELECT
};

/// Reports what is wrong and gives what could be read, so that the SELECT can be checked in the same run. Nothing where
/// it cannot be told where the SELECT begins.
[[nodiscard]] std::optional<rule_header> parse_header(problems& wrong);

}  // namespace perigee::rules::detail
