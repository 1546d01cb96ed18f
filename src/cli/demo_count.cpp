#include "cli/demo_count.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "node/ledger.hpp"

namespace perigee::cli {
namespace {

/// What the sensor says of one moment, and what the history has of it.
struct moment {
  std::uint32_t messages = 0;  // acknowledged with this time
  std::uint32_t readings = 0;  // in them together
  std::uint32_t found = 0;     // in the history, at most as often per metric as there are messages
};

using moments = std::unordered_map<std::int64_t, moment>;

/// `{"device":"site/edge-1/motor-1","metric":"speed","ts":1764000000000000,"value":1480.1}`
std::size_t json_size(const readers::history::series_info& of, const model::value_view& value) {
  constexpr std::size_t fixed = std::string_view(R"({"device":"","metric":"","ts":1764000000000000,"value":})").size();
  std::array<char, 64> digits;
  std::size_t size = 5;  // true, false, null
  const auto width = [&](auto number) {
    return static_cast<std::size_t>(std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr -
                                    digits.data());
  };
  if (const auto* real = std::get_if<double>(&value)) size = width(*real);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) size = width(*whole);
  if (const auto* text = std::get_if<std::string_view>(&value)) size = text->size() + 2;
  return fixed + of.device.size() + of.metric.size() + size;
}

/// Compares one series with its device's moments.
result<> count_series(readers::history::store& history, const readers::history::series_info& series, moments& acked,
                      demo_count& into) {
  constexpr timestamp always{std::numeric_limits<std::int64_t>::max()};
  std::unordered_map<std::int64_t, std::uint32_t> seen;
  PG_TRY_VOID(
      history.scan(series.id, {std::numeric_limits<std::int64_t>::min()}, always, [&](const model::chunk_row& row) {
        ++seen[row.time.ns];
        into.json_bytes += json_size(series, row.value);
      }));
  for (const auto& [time, times] : seen) {
    into.stored += times;
    const auto found = acked.find(time);
    const auto allowed = found == acked.end() ? 1 : found->second.messages;
    if (times > allowed) into.duplicated += times - allowed;
    if (found == acked.end()) {
      into.unclaimed += std::min(times, allowed);
    } else {
      found->second.found += std::min(times, allowed);
    }
  }
  return {};
}

}  // namespace

result<demo_count> count_site(io::disk& on, const std::string& ledger_folder, const std::vector<demo_device>& devices,
                              readers::history::store& history) {
  demo_count out;
  PG_TRY(const auto all, history.series());
  PG_TRY(const auto totals, history.totals());
  out.gaps = totals.gap_records;
  for (const auto& device : devices) {
    moments acked;
    PG_TRY_VOID(node::read_acked(on, ledger_folder, device.name, [&](const node::acked_reading& entry) {
      auto& at = acked[entry.time.ns];
      ++at.messages;
      at.readings += entry.readings;
      out.produced += entry.readings;
      ++out.messages;
    }));
    PG_TRY_VOID(node::read_decisions(on, ledger_folder, device.name, [&](const node::decision_made& made) {
      out.decision_ms.push_back(static_cast<double>(made.taken.count()) / 1e6);
    }));
    for (const auto& series : all) {
      if (series.device == device.topic) PG_TRY_VOID(count_series(history, series, acked, out));
    }
    for (const auto& [time, at] : acked) {
      if (at.found < at.readings) out.lost += at.readings - at.found;
    }
  }
  std::ranges::sort(out.decision_ms);
  return out;
}

double quantile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto rank = std::ceil(share * static_cast<double>(sorted.size()));
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(std::max(rank, 1.0)) - 1)];
}

}  // namespace perigee::cli
