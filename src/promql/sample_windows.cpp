#include <algorithm>

#include "promql/source.hpp"

namespace perigee::promql {
namespace {

/// From the earlier to the later, which may lie as far apart as times can.
std::uint64_t distance(std::int64_t from_ms, std::int64_t to_ms) {
  return static_cast<std::uint64_t>(to_ms) - static_cast<std::uint64_t>(from_ms);
}

}  // namespace

std::optional<sample_windows::instant> sample_windows::instant_after(std::int64_t time_ms) const {
  if (time_ms > last_ms) return std::nullopt;
  if (time_ms <= first_ms) return instant{0, distance(time_ms, first_ms)};
  const auto step = static_cast<std::uint64_t>(step_ms);
  const auto behind = distance(first_ms, time_ms);
  const auto number = behind / step + (behind % step == 0 ? 0 : 1);
  if (number > distance(first_ms, last_ms) / step) return std::nullopt;
  return instant{number, number * step - behind};
}

std::optional<std::uint64_t> sample_windows::first_with(std::int64_t time_ms) const {
  const auto next = instant_after(time_ms);
  if (!next || next->ahead_ms >= static_cast<std::uint64_t>(length_ms)) return std::nullopt;
  return next->number;
}

sample_windows::span sample_windows::first_in(std::uint64_t number) const {
  const auto to = static_cast<std::uint64_t>(first_ms) + number * static_cast<std::uint64_t>(step_ms);
  const auto back = static_cast<std::uint64_t>(number == 0 ? length_ms : std::min(length_ms, step_ms));
  return {static_cast<std::int64_t>(to - back + 1), static_cast<std::int64_t>(to)};
}

bool sample_windows::touch(std::int64_t from_ms, std::int64_t to_ms) const {
  const auto next = instant_after(from_ms);
  if (!next) return false;
  const auto length = static_cast<std::uint64_t>(length_ms);
  return next->ahead_ms < length || distance(from_ms, to_ms) > next->ahead_ms - length;
}

}  // namespace perigee::promql
