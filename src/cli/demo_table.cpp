#include "cli/demo_table.hpp"

#include <cmath>
#include <format>

#include "cli/console.hpp"

namespace perigee::cli {
namespace {

struct said {
  std::string text;
  colour in = colour::plain;
};

said uplink_of(const table_row& row) {
  if (!row.has_uplink) return {"-", colour::dim};
  if (row.cut) return {"cut", colour::red};
  if (!row.answering) return {"-", colour::dim};
  if (!row.connected) return {"down", colour::yellow};
  return {row.rtt_ms > 0 ? std::format("up, {:.1f} ms", row.rtt_ms) : "up", colour::green};
}

said state_of(const table_row& row) {
  if (!row.running) return {"stopped", colour::red};
  return row.answering ? said{"runs", colour::green} : said{"starts", colour::yellow};
}

std::string zero_or(std::string_view name, std::uint64_t n, bool colours) {
  return std::format("{} {}", name, painted(grouped(n), n == 0 ? colour::green : colour::red, colours));
}

std::uint64_t whole(double x) { return x > 0 ? static_cast<std::uint64_t>(std::llround(x)) : 0; }

}  // namespace

std::string grouped(std::uint64_t n) {
  auto digits = std::to_string(n);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

std::string render_table(const std::vector<table_row>& rows, const table_totals& totals, bool colours) {
  auto out = painted(std::format("{:<7}{:<9}{:<9}{:>10}{:>12}{:>12}   {}\n", "tier", "node", "state", "values/s",
                                 "decisions", "backlog", "uplink"),
                     colour::bold, colours);
  for (const auto& row : rows) {
    const auto state = state_of(row);
    const auto uplink = uplink_of(row);
    // Padded before it is painted: colours have no width.
    out += std::format("{:<7}{:<9}{}{:>10.1f}{:>12}{:>12}   {}\n", row.tier, row.id,
                       painted(std::format("{:<9}", state.text), state.in, colours), row.values_per_s,
                       grouped(whole(row.decisions)), row.has_uplink ? grouped(whole(row.backlog)) : "-",
                       painted(uplink.text, uplink.in, colours));
  }
  return out + std::format("readings: {} at the sensors; in the cloud, with decisions: {}   {}   {}\n",
                           grouped(totals.produced), grouped(totals.stored), zero_or("lost", totals.lost, colours),
                           zero_or("doubled", totals.doubled, colours));
}

std::string render_line(const std::vector<table_row>& rows, const table_totals& totals) {
  std::string out;
  for (const auto& row : rows) {
    out += std::format("{} {:.1f}/s {}", row.id, row.values_per_s, state_of(row).text);
    if (row.has_uplink) out += std::format(" backlog {} {}", whole(row.backlog), uplink_of(row).text);
    out += "; ";
  }
  return out + std::format("produced {} stored with decisions {} lost {} doubled {}\n", totals.produced, totals.stored,
                           totals.lost, totals.doubled);
}

}  // namespace perigee::cli
