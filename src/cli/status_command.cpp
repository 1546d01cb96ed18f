#include <format>

#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/demo_table.hpp"
#include "cli/node_place.hpp"
#include "cli/node_status.hpp"
#include "cli/run_to_end.hpp"

namespace perigee::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 2s;

io::task<> ask(io::shard& on, io::network& network, const node_place& place, result<node_status>& into) {
  into = co_await ask_status(on, network, place.running, place.tls, clock::now() + patience);
  co_return result<>();
}

/// What a budget and a schedule leave, where there are any.
std::string metered(const link_status& link) {
  std::string out;
  const auto left = [&](std::string_view period, const std::optional<double>& bytes) {
    if (bytes) out += std::format("{}{:.1f} MB left this {}", out.empty() ? "" : ", ", *bytes / 1e6, period);
  };
  left("hour", link.budget_left_hour);
  left("day", link.budget_left_day);
  if (!link.window_opens.empty()) {
    out += std::format("{}bulk waits until {}", out.empty() ? "" : ", ", link.window_opens);
  }
  return out.empty() ? out : std::format("  metered   {}\n", out);
}

std::string link_line(std::string_view name, const link_status& link) {
  auto out = std::format("  {} {}, {:.0f} records waiting, oldest {:.1f} s, {:.0f} records/s", name,
                         link.connected ? std::format("up, {:.1f} ms", link.rtt_ms) : "down", link.waiting,
                         link.oldest_age_ms / 1000, link.drain_per_s);
  if (link.refused != 0) out += std::format(", {:.0f} refused", link.refused);
  return out + "\n";
}

std::string to_text(const node_status& s, const node::run_info& running) {
  auto out = std::format("{} ({}), process {}, since {}, up after {:.0f} ms, {:.1f} MB\n", s.id, s.tier, running.pid,
                         running.started, s.start_ms, s.rss_bytes / 1e6);
  for (const auto& each : running.mqtt)
    out += std::format("  mqtt      {}:{} {}\n", each.address, each.port, each.transport);
  if (s.link) out += link_line("uplink   ", *s.link);
  if (s.link) out += metered(*s.link);
  for (const auto& each : s.bridges) out += link_line(each.name, each);
  if (s.history) {
    out += std::format("  history   {:.0f} readings, {:.0f} missing, {:.0f} doubled, {:.0f} in gaps\n", s.readings,
                       s.missing, s.doubled, s.gaps);
  }
  if (s.quarantined != 0)
    out += std::format("  set aside {:.0f} records that readers cannot handle: perigee quarantine ls\n", s.quarantined);
  return out + std::format("  decisions {:.0f}\n", s.decisions);
}

}  // namespace

exit_code run_status(const invocation& called) {
  auto place = find_node(called, "file");
  if (!place) return place.error();
  io::shard shard;
  const auto network = io::real_network(shard);
  result<node_status> status = fail(errc::cancelled, "not asked");
  (void)run_to_end(shard, ask(shard, *network, *place, status));
  if (!status) {
    complain(std::format("perigee status: {}: {}\n", place->data, status.error().text()));
    return exit_code::unavailable;
  }
  print(called.json() ? status->raw : to_text(*status, place->running));
  return exit_code::ok;
}

}  // namespace perigee::cli
