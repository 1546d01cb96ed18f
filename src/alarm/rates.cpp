#include "alarm/rates.hpp"

#include <algorithm>
#include <numeric>

namespace perigee::alarm {
namespace {

constexpr std::int64_t ns_per_second = 1'000'000'000;
constexpr std::int64_t slice_seconds = 10;
constexpr std::int64_t window_slices = 60;
constexpr auto chattering_within = std::chrono::minutes(1);

std::int64_t number_of(timestamp at, std::int64_t seconds) { return at.ns / (seconds * ns_per_second); }
std::int64_t hour_of(timestamp at) { return number_of(at, 3600); }
std::int64_t ten_minutes_of(timestamp at) { return number_of(at, 600); }

}  // namespace

template <std::size_t n>
void rates::ring<n>::move_to(std::int64_t number) {
  constexpr auto size = static_cast<std::int64_t>(n);
  if (number - newest >= size) counts.fill(0);
  for (auto each = std::max(newest + 1, number - size + 1); each <= number; ++each) {
    counts[static_cast<std::size_t>(each % size)] = 0;
  }
  newest = std::max(newest, number);
}

template <std::size_t n>
std::uint64_t rates::ring<n>::sum() const {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

/// A clock that is set back stands still here until it has caught up.
void rates::advance(timestamp now) {
  now_ = std::max(now_, now);
  while (!window_.empty() && window_.front().number <= number_of(now_, slice_seconds) - window_slices) {
    in_window_ -= window_.front().count;
    window_.pop_front();
  }
  day_.move_to(ten_minutes_of(now_));
  judge();
}

void rates::note(std::uint64_t alarm, timestamp at) {
  advance(at);
  const auto number = number_of(now_, slice_seconds);
  if (window_.empty() || window_.back().number != number) window_.push_back({number, 0});
  ++window_.back().count;
  ++in_window_;
  ++day_.counts[static_cast<std::size_t>(day_.newest) % ten_minutes_of_a_day];
  auto& of = by_alarm_[alarm];
  of.by_hour.move_to(hour_of(now_));
  ++of.by_hour.counts[static_cast<std::size_t>(of.by_hour.newest) % hours];
  std::ranges::rotate(of.last, of.last.begin() + 1);
  of.last.back() = now_;
  judge();
}

void rates::judge() {
  if (in_window_ > flood_begins_above && !is_flood()) flood_since_ = now_;
  if (in_window_ < flood_ends_below) flood_since_ = {};
}

std::uint32_t rates::peak() const { return std::ranges::max(day_.counts); }
std::uint64_t rates::last_day() const { return day_.sum(); }

bool rates::is_chattering(std::uint64_t alarm) const {
  const auto found = by_alarm_.find(alarm);
  if (found == by_alarm_.end() || found->second.last.front() == timestamp{}) return false;
  return now_ - found->second.last.front() < chattering_within;
}

std::vector<std::uint64_t> rates::chattering() const {
  std::vector<std::uint64_t> out;
  for (const auto& [alarm, of] : by_alarm_) {
    if (is_chattering(alarm)) out.push_back(alarm);
  }
  return out;
}

std::vector<rates::bad_actor> rates::worst(std::size_t most) const {
  std::vector<bad_actor> out;
  for (const auto& [alarm, of] : by_alarm_) {
    auto recent = of.by_hour;
    recent.move_to(hour_of(now_));
    if (const auto count = recent.sum(); count != 0) out.push_back({alarm, static_cast<std::uint32_t>(count)});
  }
  std::ranges::sort(out, {}, [](const bad_actor& a) { return std::pair(-std::int64_t{a.annunciations}, a.alarm); });
  out.resize(std::min(most, out.size()));
  return out;
}

}  // namespace perigee::alarm
