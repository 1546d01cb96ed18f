#include "client/link_state.hpp"

#include <format>

namespace perigee::client {

namespace {

std::string or_null(const std::optional<std::int64_t>& x) { return x ? std::format("{}", *x) : "null"; }
std::string or_null(const std::optional<timestamp>& t) { return t ? '"' + to_iso8601(*t) + '"' : "null"; }

}  // namespace

std::string to_json(const link_state& s) {
  const auto ms = [](nanoseconds d) { return static_cast<double>(d.count()) / 1e6; };
  return std::format(
      R"({{"name":"{}","peer":"{}","connected":{},"connected_since":{},"sequence":{},"rtt_ms":{:.3f},)"
      R"("records_waiting":{},"bytes_waiting":{},"oldest_age_ms":{:.0f},"drain_records_per_s":{:.1f},"eta_s":{:.1f},)"
      R"("bytes_sent":{},"records_sent":{},"records_received":{},"records_refused":{},"forks":{},)"
      R"("budget_left_hour_bytes":{},"budget_left_day_bytes":{},"window_open":{},"window_opens":{}}})",
      s.name, s.peer, s.connected, or_null(s.connected_since), s.sequence, ms(s.rtt), s.records_waiting,
      s.bytes_waiting, ms(s.oldest_age), s.drain_records_per_second, s.eta_seconds, s.bytes_sent, s.records_sent,
      s.records_received, s.records_refused, s.forks, or_null(s.budget_left_hour_bytes),
      or_null(s.budget_left_day_bytes), s.window_open, or_null(s.window_opens));
}

}  // namespace perigee::client
