#include "client/drain_rate.hpp"

#include "base/limits.hpp"

namespace perigee::client {
namespace {

constexpr auto window = std::chrono::seconds(5);

}  // namespace

void drain_rate::note(std::uint64_t records, clock::time_point now) {
  total_ += records;
  if (samples_.size() == limits::uplink_drain_samples_max) {
    // Thin out rather than forget: every second sample still spans the window.
    std::size_t index = 0;
    std::erase_if(samples_, [&](const sample&) { return index++ % 2 == 1; });
  }
  samples_.push_back({now, total_});
  while (samples_.size() > 2 && samples_.front().at < now - window) samples_.pop_front();
}

double drain_rate::per_second(clock::time_point now) const {
  if (samples_.size() < 2 || samples_.back().at <= now - window) return 0;
  const auto span = static_cast<double>((samples_.back().at - samples_.front().at).count()) * 1e-9;
  return span > 0 ? static_cast<double>(samples_.back().total - samples_.front().total) / span : 0;
}

void drain_rate::tell(link_state& to, clock::time_point now) const {
  to.drain_records_per_second = per_second(now);
  if (to.records_waiting == 0) return;
  const auto waiting = static_cast<double>(to.records_waiting);
  to.eta_seconds = to.drain_records_per_second > 0 ? waiting / to.drain_records_per_second : -1;
}

}  // namespace perigee::client
