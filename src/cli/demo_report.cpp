#include "cli/demo_report.hpp"

#include <format>

#include "cli/console.hpp"
#include "cli/demo_table.hpp"

namespace perigee::cli {
namespace {

double greatest(const std::vector<double>& sorted) { return sorted.empty() ? 0 : sorted.back(); }

double ratio(const demo_report& r) {
  return r.uplink_bytes == 0 ? 0 : static_cast<double>(r.count.json_bytes) / static_cast<double>(r.uplink_bytes);
}

}  // namespace

std::string to_json(const demo_report& r) {
  const auto& c = r.count;
  auto out =
      std::format(R"({{"seconds":{:.1f},"produced":{},"stored":{},"lost":{},"duplicated":{},"unclaimed":{},"gaps":{},)"
                  R"("messages":{},"decisions":{},"decision_ms":{{"p50":{:.3f},"p99":{:.3f},"max":{:.3f}}},)"
                  R"("uplink_bytes":{},"json_bytes":{},"drain_readings_per_s":{:.0f},"nodes":{{)",
                  r.seconds, c.produced, c.stored, c.lost, c.duplicated, c.unclaimed, c.gaps, c.messages,
                  c.decision_ms.size(), quantile(c.decision_ms, 0.5), quantile(c.decision_ms, 0.99),
                  greatest(c.decision_ms), r.uplink_bytes, c.json_bytes, r.drain_readings_per_s);
  for (std::size_t i = 0; i < r.nodes.size(); ++i) {
    const auto& node = r.nodes[i];
    out += std::format(R"({}{}:{{"rss_bytes":{},"start_ms":{:.1f},"uplink_bytes":{}}})", i == 0 ? "" : ",",
                       json_text(node.id), node.rss_bytes, node.start_ms, node.uplink_bytes);
  }
  return out + "}}\n";
}

std::string to_text(const demo_report& r) {
  const auto& c = r.count;
  auto out = std::format(
      "after {:.0f} s: {} readings acknowledged at the sensors, {} stored in the cloud, {} lost, {} duplicated\n",
      r.seconds, grouped(c.produced), grouped(c.stored), grouped(c.lost), grouped(c.duplicated));
  if (!c.decision_ms.empty()) {  // a plant that is played takes no commands
    out += std::format(
        "decisions: {} (p50 {:.2f} ms, p99 {:.2f} ms, from the sensor's reading to the command at the device)\n",
        grouped(c.decision_ms.size()), quantile(c.decision_ms, 0.5), quantile(c.decision_ms, 0.99));
  }
  return out + std::format("uplink into the cloud: {} bytes, {:.1f} times less than the same readings as JSON\n",
                           grouped(r.uplink_bytes), ratio(r));
}

}  // namespace perigee::cli
