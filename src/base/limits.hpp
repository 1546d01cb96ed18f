#pragma once
// The bounds of Perigee (promise P6), but for those of some large areas, which have files of their own beside it
// (identity_limits.hpp). docs/limits.md lists them with the answer when full; tools/tidy checks that each is there.
// Sizes in bytes unless the name says otherwise.

#include <cstdint>

namespace perigee::limits {

// Records
inline constexpr std::uint32_t topic_bytes_max = 1024;
inline constexpr std::uint32_t payload_bytes_max = 8U << 20;
inline constexpr std::uint32_t properties_bytes_max = 65'535;
inline constexpr std::uint32_t source_bytes_max = 255;
inline constexpr std::uint32_t record_bytes_max = payload_bytes_max + properties_bytes_max + 4096;
inline constexpr std::uint32_t message_payload_bytes_max = 4U << 20;

// model: chunks, batches and payloads
inline constexpr std::uint32_t chunk_rows_max = 8192;
inline constexpr std::uint32_t chunk_bytes_max = 1U << 20;
inline constexpr std::uint32_t batch_records_max = 16'384;
inline constexpr std::uint32_t batch_bytes_max = 4U << 20;
inline constexpr std::uint32_t batch_record_bytes_max = payload_bytes_max - (128U << 10);
inline constexpr std::uint32_t batch_shapes_max = 256;
inline constexpr std::uint32_t batch_shape_bytes_max = 4096;
inline constexpr std::uint32_t batch_shape_numbers_max = 64;
inline constexpr std::uint32_t batch_depth_max = 8;
inline constexpr std::uint32_t node_name_bytes_max = 128;
inline constexpr std::uint32_t payload_readings_max = 1024;
inline constexpr std::uint32_t payload_depth_max = 16;
inline constexpr std::uint32_t metric_bytes_max = 512;
inline constexpr std::uint32_t reading_text_bytes_max = 64U << 10;

// Alarms, as an operator sees them
inline constexpr std::uint32_t alarms_listed_max = 10'000;
inline constexpr std::uint32_t alarm_payload_bytes_max = 64U << 10;
inline constexpr std::uint32_t alarm_values_bytes_max = 1024;
inline constexpr std::uint32_t alarm_by_bytes_max = 255;
inline constexpr std::uint32_t alarm_comment_bytes_max = 512;
inline constexpr std::uint32_t alarm_board_bytes_max = 64U << 20;

// Network
inline constexpr std::uint32_t websocket_message_bytes_max = 16U << 20;
inline constexpr std::uint32_t proxy_header_bytes_max = 4096;  // PROXY protocol v2, its TLVs included
inline constexpr std::uint32_t proxy_ranges_max = 64;          // addresses of proxies that a listener believes
inline constexpr std::uint32_t tls_certificates_max = 16;      // of a listener, chosen by SNI
inline constexpr std::uint32_t tls_file_bytes_max = 1U << 20;
inline constexpr std::uint32_t greetings_max = 1024;  // connections of a listener that are not greeted yet
inline constexpr std::uint32_t unix_path_bytes_max = 107;
inline constexpr std::uint32_t http_header_bytes_max = 8U << 10;
inline constexpr std::uint32_t http_connections_max = 64;
inline constexpr std::uint32_t http_body_bytes_max = 1U << 20;
inline constexpr std::uint32_t http_request_body_bytes_max = 64U << 10;
inline constexpr std::uint32_t http_requests_per_second_max = 200;  // of one address
inline constexpr std::uint32_t http_requests_burst_max = 1000;      // of one address, at once
inline constexpr std::uint32_t http_addresses_max = 4096;           // whose requests are counted
inline constexpr std::uint32_t http_sessions_max = 256;
inline constexpr std::uint32_t http_tokens_max = 64;             // one-time tokens that are not used yet
inline constexpr std::uint32_t http_live_max = 32;               // streams of live values at once
inline constexpr std::uint32_t http_audit_entries_max = 1000;    // in memory, of what was changed
inline constexpr std::uint32_t http_audit_bytes_max = 1U << 20;  // of a file of the audit; there are two

// node: the configuration
inline constexpr std::uint32_t config_bytes_max = 256U << 10;
inline constexpr std::uint32_t config_key_dots_max = 32;  // in one line
inline constexpr std::uint32_t config_text_bytes_max = 4096;
inline constexpr std::uint32_t config_name_bytes_max = 64;
inline constexpr std::uint32_t config_errors_max = 50;  // shown
inline constexpr std::uint32_t secret_bytes_max = 64U << 10;
inline constexpr std::uint32_t listeners_max = 16;
inline constexpr std::uint32_t lane_rules_max = 256;
inline constexpr std::uint32_t unit_rules_max = 1'024;
inline constexpr std::size_t node_label_bytes_max = 64;
inline constexpr std::uint32_t replays_max = 64;
inline constexpr std::uint32_t replay_columns_max = 64;
inline constexpr std::uint32_t machines_max = 256;

// journal
inline constexpr std::uint32_t journal_sources_max = 32'768;  // stamping sources of a lane
inline constexpr std::uint32_t journal_refused_max = 256;     // stamped records that found no room, remembered
inline constexpr std::uint32_t journal_staged_bytes_max =
    4U << 20;  // appended and not yet written; one record always fits
inline constexpr std::uint32_t journal_window_bytes = 256U << 10;  // read ahead of a reader
inline constexpr std::uint32_t journal_segment_bytes_max = 1U << 30;
inline constexpr std::uint32_t journal_segments_max = 65'536;  // of a lane
inline constexpr std::uint32_t journal_cursors_max = 256;
inline constexpr std::uint32_t journal_cursor_name_bytes_max = 64;
inline constexpr std::uint32_t journal_drops_max = 64;   // summaries of what was dropped, kept per lane
inline constexpr std::uint32_t journal_lives_max = 64;   // starts of a journal that it remembers
inline constexpr std::uint32_t journal_epochs_max = 16;  // epochs of one stamping source
inline constexpr std::uint32_t journal_keys_max = 8;     // keys at rest: the newest writes, all read
inline constexpr std::uint32_t journal_write_ahead_bytes_max = 64U << 10;  // zeros behind a segment's last record
inline constexpr std::uint32_t gap_topics_max = 16;                        // topics that a gap names

// wire/mqtt
inline constexpr std::uint32_t mqtt_packet_bytes_max = payload_bytes_max + properties_bytes_max + topic_bytes_max + 64;
inline constexpr std::uint32_t mqtt_connect_bytes_max = 128U << 10;
inline constexpr std::uint16_t mqtt_inflight_in_max = 4096;
inline constexpr std::uint16_t mqtt_inflight_out_max = 1024;
inline constexpr std::uint16_t mqtt_topic_aliases_max = 32;      // that a client may set
inline constexpr std::uint16_t mqtt_topic_aliases_out_max = 32;  // that we set at a client
inline constexpr std::uint32_t mqtt_auth_data_bytes_max = 4096;  // of one step of an enhanced authentication
inline constexpr std::uint32_t mqtt_auth_steps_max = 8;
inline constexpr int mqtt_topic_levels_max = 128;
inline constexpr std::uint32_t mqtt_matched_topics_max = 512;  // whose subscribers are remembered
inline constexpr std::uint32_t mqtt_matched_values_max = 512;  // of each

// doors/mqtt
inline constexpr std::uint32_t mqtt_connections_max = 131'072;
inline constexpr std::uint32_t mqtt_sessions_max = 131'072;
inline constexpr std::uint32_t mqtt_client_id_bytes_max = source_bytes_max;
inline constexpr std::uint32_t mqtt_subscriptions_per_session_max = 1024;
inline constexpr std::uint32_t mqtt_subscriptions_max = 1'048'576;  // of all sessions
inline constexpr std::uint32_t mqtt_shared_groups_max = 4096;
inline constexpr std::uint32_t mqtt_listed_max = 1000;  // clients, subscriptions or topics in one answer
inline constexpr std::uint32_t mqtt_traces_max = 16;    // clients that are traced at once
inline constexpr std::uint32_t mqtt_retained_max = 1'048'576;
inline constexpr std::uint32_t mqtt_retained_bytes_max = 256U << 20;
inline constexpr std::uint32_t mqtt_output_bytes_max = 256U << 10;
inline constexpr std::uint32_t mqtt_unsaved_records_max = 100'000;
inline constexpr std::uint32_t mqtt_live_ranges_max = 4096;  // of a lane, between what waits for its commit

// access
inline constexpr std::uint32_t access_file_bytes_max = 8U << 20;  // a user file or a policy file
inline constexpr std::uint32_t access_users_max = 100'000;
inline constexpr std::uint32_t access_rules_max = 10'000;        // of a policy file
inline constexpr std::uint32_t access_checks_waiting_max = 256;  // passwords that wait to be checked
inline constexpr std::uint32_t access_password_bytes_max = 4096;
inline constexpr std::uint32_t access_hash_memory_kib_max = 256U << 10;  // that a user file may ask of Argon2id
inline constexpr std::uint32_t access_scram_iterations_max = 1'000'000;
inline constexpr std::uint32_t access_scram_iterations_min = 4096;
inline constexpr std::uint32_t access_groups_max = 16;       // of a user
inline constexpr std::uint32_t access_tokens_max = 16;       // of a user
inline constexpr std::uint32_t access_patterns_max = 64;     // names or topics in one list of a rule
inline constexpr std::uint32_t access_verdicts_max = 64;     // decisions remembered for one client
inline constexpr std::uint32_t access_addresses_max = 4096;  // that failed to log in and are slowed down
inline constexpr std::uint32_t access_redirects_max = 64;

// readers/bridge
inline constexpr std::uint32_t bridges_max = 16;
inline constexpr std::uint32_t bridge_topics_max = 64;
inline constexpr std::uint32_t bridge_in_flight_max = 1024;

// Sparkplug B
inline constexpr std::uint32_t sparkplug_metrics_max = 16'384;         // of one edge node and its devices, by alias
inline constexpr std::uint32_t sparkplug_nodes_max = 10'000;           // edge nodes and devices whose birth is kept
inline constexpr std::uint32_t sparkplug_known_metrics_max = 262'144;  // of all births that a reader remembers

// Uplink
inline constexpr std::uint32_t uplink_batch_bytes_target = 1U << 20;    // of records as they stand in the journal
inline constexpr std::uint32_t uplink_nested_bytes_target = 32U << 10;  // of children's batches in a batch
inline constexpr std::uint32_t uplink_in_flight_max = 64;               // batches
inline constexpr std::uint32_t uplink_drain_samples_max = 64;
inline constexpr std::uint32_t uplink_windows_max = 16;           // of a metered link's schedule
inline constexpr std::uint32_t uplink_newest_records_max = 2000;  // looked at for the newest values

// Quarantine
inline constexpr std::uint32_t quarantine_records_max = 1000;
inline constexpr std::uint32_t quarantine_record_bytes_max = 1U << 20;
inline constexpr std::uint32_t quarantine_bytes_max = 32U << 20;
inline constexpr std::uint32_t quarantine_staged_bytes_max = 1U << 20;   // set aside and not yet written
inline constexpr std::uint32_t quarantine_shown_bytes_max = 128U << 10;  // of a payload, in an answer

// doors/machine, doors/replay
inline constexpr std::uint32_t machine_catch_up_max = 1000;  // records at one call
inline constexpr std::uint32_t replay_catch_up_max = 1000;   // records at one call
inline constexpr std::uint32_t csv_line_bytes_max = 64U << 10;
inline constexpr std::uint32_t csv_columns_max = 256;
inline constexpr std::uint32_t csv_errors_max = 50;  // shown per file
inline constexpr std::uint64_t csv_file_bytes_max = 256U << 20;

// Node
inline constexpr std::uint32_t children_max = 10'000;      // whose welcome is under way
inline constexpr std::uint32_t sensor_unacked_max = 4096;  // records of one simulated or replayed sensor

// readers/history
inline constexpr std::uint32_t history_chunk_rows_max = 1000;
inline constexpr std::uint32_t history_block_bytes_max = 512U << 10;
inline constexpr std::uint32_t history_series_max = 20'000;
inline constexpr std::uint32_t history_accounts_max = 20'000;
inline constexpr std::uint32_t history_runs_max = 256;
inline constexpr std::uint32_t history_points_max = 10'000;
inline constexpr std::uint32_t history_own_series_max = 2000;  // of the node's own metrics

// promql, api/prometheus
inline constexpr std::uint32_t promql_query_bytes_max = 16U << 10;
inline constexpr std::uint32_t promql_depth_max = 256;               // expressions within expressions
inline constexpr std::uint32_t promql_pattern_bytes_max = 1U << 20;  // of memory, for one regular expression
inline constexpr std::uint32_t promql_steps_max = 11'000;            // instants of a range query
inline constexpr std::uint32_t promql_seconds_max = 10;              // that one query may take, its wait included
inline constexpr std::uint32_t promql_answer_bytes_max = 32U << 20;
inline constexpr std::uint32_t promql_samples_max = 2'000'000;  // read, made by subqueries and answered

}  // namespace perigee::limits
