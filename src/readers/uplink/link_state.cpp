#include "readers/uplink/link_state.hpp"

#include <format>

namespace perigee::readers::uplink {

namespace {

std::string or_null(const std::optional<std::int64_t>& x) { return x ? std::format("{}", *x) : "null"; }

}  // namespace

std::string to_json(const link_state& s) {
  const auto ms = [](nanoseconds d) { return static_cast<double>(d.count()) / 1e6; };
  return std::format(
      R"({{"peer":"{}","connected":{},"sequence":{},"rtt_ms":{:.3f},"records_waiting":{},"bytes_waiting":{},)"
      R"("oldest_age_ms":{:.0f},"drain_records_per_s":{:.1f},"eta_s":{:.1f},"bytes_sent":{},"records_sent":{},)"
      R"("forks":{},"budget_left_hour_bytes":{},"budget_left_day_bytes":{},"window_open":{},"window_opens":{}}})",
      s.peer, s.connected, s.sequence, ms(s.rtt), s.records_waiting, s.bytes_waiting, ms(s.oldest_age),
      s.drain_records_per_second, s.eta_seconds, s.bytes_sent, s.records_sent, s.forks,
      or_null(s.budget_left_hour_bytes), or_null(s.budget_left_day_bytes), s.window_open,
      s.window_opens ? '"' + to_iso8601(*s.window_opens) + '"' : "null");
}

}  // namespace perigee::readers::uplink
