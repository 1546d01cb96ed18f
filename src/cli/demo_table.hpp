#pragma once
// The demo's live table: three tiers, what moves, what waits, and what must stay 0.

#include <cstdint>
#include <string>
#include <vector>

namespace perigee::cli {

struct table_row {
  std::string id;
  std::string tier;
  bool running = false;
  bool answering = false;
  double values_per_s = 0;
  double decisions = 0;
  bool has_uplink = false;
  bool cut = false;  // the cable
  bool connected = false;
  double rtt_ms = 0;
  double backlog = 0;
};

struct table_totals {
  std::uint64_t produced = 0;  // readings acknowledged at the sensors
  std::uint64_t stored = 0;    // readings in the cloud's history
  std::uint64_t lost = 0;
  std::uint64_t doubled = 0;
};

/// Several lines, each ended; for a terminal that is refreshed in place.
[[nodiscard]] std::string render_table(const std::vector<table_row>& rows, const table_totals& totals, bool colours);
/// One line, for a log.
[[nodiscard]] std::string render_line(const std::vector<table_row>& rows, const table_totals& totals);
/// "12,345"
[[nodiscard]] std::string grouped(std::uint64_t n);

}  // namespace perigee::cli
