#include "node/links.hpp"

#include <format>

namespace perigee::node {

std::string to_json(std::span<const client::link_state> links) {
  std::string out;
  for (const auto& link : links) out += (out.empty() ? "" : ",") + client::to_json(link);
  return '[' + out + ']';
}

void measure(metrics::registry& metrics, const client::link_state& link) {
  const auto label = std::format("link=\"{}\"", link.name);
  const auto set = [&](std::string_view name, std::string_view help, double x) {
    metrics.make_gauge(name, help, label).set(x);
  };
  set("perigee_link_connected", "Whether the link is up", link.connected ? 1 : 0);
  set("perigee_link_sequence", "Connections made since start", static_cast<double>(link.sequence));
  set("perigee_link_rtt_seconds", "Of the newest batch or message", static_cast<double>(link.rtt.count()) / 1e9);
  set("perigee_link_waiting_records", "Not yet acknowledged", static_cast<double>(link.records_waiting));
  set("perigee_link_waiting_bytes", "The same in bytes", static_cast<double>(link.bytes_waiting));
  set("perigee_link_oldest_age_seconds", "Of the oldest", static_cast<double>(link.oldest_age.count()) / 1e9);
  set("perigee_link_drain_records_per_second", "Acknowledged", link.drain_records_per_second);
  set("perigee_link_eta_seconds", "Until nothing waits; -1: not draining", link.eta_seconds);
  const auto count = [&](std::string_view name, std::string_view help, std::uint64_t x) {
    metrics.make_foreign_counter(name, help, label).set(static_cast<double>(x));
  };
  const auto left = [&](std::string_view period, const std::optional<std::int64_t>& bytes) {
    if (!bytes) return;
    metrics
        .make_gauge("perigee_link_budget_left_bytes", "Below 0: alarms took more",
                    std::format("{},period=\"{}\"", label, period))
        .set(static_cast<double>(*bytes));
  };
  left("hour", link.budget_left_hour_bytes);
  left("day", link.budget_left_day_bytes);
  set("perigee_link_window_open", "Whether bulk may go by the schedule", link.window_open ? 1 : 0);
  count("perigee_link_forks_total", "Times the parent knew another copy of the journal", link.forks);
  count("perigee_link_sent_bytes_total", "Payloads since start", link.bytes_sent);
  count("perigee_link_sent_records_total", "Acknowledged since start", link.records_sent);
  count("perigee_link_received_records_total", "Stored since start", link.records_received);
  count("perigee_link_refused_records_total", "Set aside since start", link.records_refused);
}

}  // namespace perigee::node
