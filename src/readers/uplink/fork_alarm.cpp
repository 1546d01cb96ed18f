#include "readers/uplink/fork_alarm.hpp"

#include <format>

namespace perigee::readers::uplink {
namespace {

/// A node's name in JSON. What is not plain text in it is shown as '?'.
std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    const bool plain = static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
    out += plain ? c : '?';
  }
  return out + '"';
}

std::string forked_lanes(const welcome& found) {
  std::string out;
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    if (!found.lanes[i].forked) continue;
    out += std::format(R"({}"{}":{})", out.empty() ? "" : ",", model::name_of(static_cast<model::lane>(i)),
                       found.lanes[i].no_common ? 0 : found.lanes[i].next.value());
  }
  return out;
}

}  // namespace

model::record fork_alarm(std::string_view child, const welcome& found, timestamp now) {
  const auto us = now.ns / 1000;
  const auto text = std::format(
      R"({{"alarm":"uplink","key":{},"severity":"critical","state":"raised","ts":{},"since":{},)"
      R"("values":{{"reason":"the journal is another copy than the one that went up before","goes_on_at":{{{}}}}}}})",
      quoted(child), us, us, forked_lanes(found));
  model::record out;
  out.lane = model::lane::alarm;
  out.topic = std::format("alarm/uplink/{}", child);
  out.payload = to_buffer(as_bytes(text));
  out.qos = 1;
  out.retain = true;
  out.source = "uplink";
  out.arrival = now;
  return out;
}

}  // namespace perigee::readers::uplink
