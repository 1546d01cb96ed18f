#pragma once
// The bounds of rules (promise P6), as base/limits.hpp has the others.

#include <cstdint>

namespace perigee::limits {

// rules
inline constexpr std::uint32_t rule_file_bytes_max = 64U << 10;
inline constexpr std::uint32_t rules_max = 16'384;
inline constexpr std::uint32_t rule_errors_max = 50;  // shown per file
inline constexpr std::uint32_t rule_columns_max = 64;
inline constexpr std::uint32_t rule_filters_max = 32;
inline constexpr std::uint32_t rule_actions_max = 16;
inline constexpr std::uint32_t rule_nodes_max = 2000;              // expressions
inline constexpr std::uint32_t rule_depth_max = 64;                // parentheses within parentheses
inline constexpr std::uint32_t rule_fields_max = 4096;             // distinct payload fields of all rules
inline constexpr std::uint32_t rule_array_index_max = 65'535;      // of an element that a path names
inline constexpr std::uint32_t rule_list_elements_max = 64;        // of a [list] or {object} that is not constant
inline constexpr std::uint32_t rule_pattern_bytes_max = 1024;      // a regular expression or a time pattern
inline constexpr std::uint32_t rule_regex_bytes_max = 1U << 20;    // a compiled regular expression
inline constexpr std::uint32_t rule_scratch_bytes_max = 8U << 20;  // texts made while one event is evaluated
inline constexpr std::uint32_t rule_group_keys_max = 16;           // expressions of GROUP BY
inline constexpr std::uint32_t rule_groups_max = 10'000;           // of one rule, remembered at once
inline constexpr std::uint32_t rule_panes_max = 4096;              // parts of one window
inline constexpr std::uint32_t rule_distinct_max = 4096;           // values of count(DISTINCT x)
inline constexpr std::uint32_t rule_window_number_max = 1'000'000'000;
inline constexpr std::uint32_t rule_kept_text_bytes_max = 4096;  // of a value that first, last and the like keep
inline constexpr std::uint32_t rule_lag_max = 100;               // messages that lag looks back
inline constexpr std::uint32_t rule_held_payload_bytes_max = 64U << 10;   // of a message that FOR keeps
inline constexpr std::uint32_t rule_window_seconds_max = 31 * 24 * 3600;  // the longest window, lateness and delay
inline constexpr std::uint32_t rule_time_ahead_seconds_max = 24 * 3600;   // a time of its own that a message may have
inline constexpr std::uint32_t rule_window_bytes_max = 16U << 20;         // what one rule remembers
inline constexpr std::uint32_t rules_windows_bytes_max = 48U << 20;       // what all rules remember
inline constexpr std::uint32_t rule_tables_max = 64;                      // of all rules
inline constexpr std::uint32_t rule_joins_max = 8;                        // tables that one rule asks
inline constexpr std::uint32_t rule_table_file_bytes_max = 16U << 20;
inline constexpr std::uint32_t rule_table_rows_max = 100'000;     // of a file
inline constexpr std::uint32_t rule_table_cells_max = 1'000'000;  // of a file
inline constexpr std::uint32_t rule_steps_max = 8;                // of a MATCH
inline constexpr std::uint32_t rule_sequences_max = 64;           // of one key of a MATCH that have begun
inline constexpr std::uint32_t rule_pair_rows_max = 20'000;       // messages that a JOIN of streams keeps
inline constexpr std::uint32_t rule_pairs_max = 10'000;           // of one window
inline constexpr std::uint32_t rule_survey_fields_max = 1024;     // that `perigee rule infer` tells apart
inline constexpr std::uint32_t rule_survey_path_bytes_max = 512;
inline constexpr std::uint32_t rule_survey_depth_max = 16;  // objects within each other
inline constexpr std::uint32_t alarms_max = 10'000;         // raised at once
inline constexpr std::uint32_t rules_state_bytes_max = 64U << 20;
inline constexpr std::uint32_t alarm_key_bytes_max = 512;
inline constexpr std::uint32_t rule_name_bytes_max = 128;      // of rules and of alarms
inline constexpr std::uint32_t deliveries_max = 16;            // [[webhook]]s of a node, and as many [[email]]s
inline constexpr std::uint32_t email_recipients_max = 32;      // of an [[email]]
inline constexpr std::uint32_t interlock_commands_max = 4096;  // of one turn of the shard
inline constexpr std::uint32_t rule_taps_max = 16;

}  // namespace perigee::limits
