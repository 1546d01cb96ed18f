#pragma once
// How the links of a node, its uplink and its bridges, are told (promise P9).

#include <span>
#include <string>
#include <string_view>

#include "base/metrics.hpp"
#include "client/link_state.hpp"

namespace perigee::node {

/// What GET /api/v1/links answers, in the notation of api/schema.hpp.
inline constexpr std::string_view links_page =
    "{links:[{name:text,peer:text,connected:bool,connected_since:time?,sequence:whole,rtt_ms:number,"
    "records_waiting:whole,bytes_waiting:whole,oldest_age_ms:number,drain_records_per_s:number,eta_s:number,"
    "bytes_sent:whole,records_sent:whole,records_received:whole,records_refused:whole,forks:whole,"
    "budget_left_hour_bytes:whole?,budget_left_day_bytes:whole?,window_open:bool,window_opens:time?}]}";
/// A JSON list.
[[nodiscard]] std::string to_json(std::span<const client::link_state> links);
/// Sets the gauges of a link, labelled with its name.
void measure(metrics::registry& metrics, const client::link_state& link);

}  // namespace perigee::node
