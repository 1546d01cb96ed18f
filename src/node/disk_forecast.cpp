#include "node/disk_forecast.hpp"

namespace perigee::node {

using namespace std::chrono_literals;

constexpr auto known_long_enough = 10min;

void disk_forecast::note(timestamp now, std::uint64_t free_bytes) {
  if (!samples_.empty() && now < samples_.back().at) samples_.clear();  // the clock was set back
  if (!samples_.empty() && now - samples_.back().at < note_every) return;
  samples_.push_back({now, free_bytes});
  while (now - samples_.front().at > remembered) samples_.pop_front();
}

std::optional<double> disk_forecast::days_left() const {
  if (samples_.empty()) return std::nullopt;
  const auto& first = samples_.front();
  const auto& last = samples_.back();
  if (last.at - first.at < known_long_enough || last.free_bytes >= first.free_bytes) return std::nullopt;
  const std::chrono::duration<double, std::ratio<86'400>> days = last.at - first.at;
  const auto used = static_cast<double>(first.free_bytes - last.free_bytes);
  return static_cast<double>(last.free_bytes) / used * days.count();
}

}  // namespace perigee::node
