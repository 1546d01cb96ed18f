#include "sim/world.hpp"

#include <cstdio>
#include <format>

namespace perigee::sim {
namespace {

constexpr std::size_t failures_max = 10;

/// FNV-1a.
std::uint64_t mix(std::uint64_t hash, std::uint64_t word) { return (hash ^ word) * 0x100000001b3ULL; }

}  // namespace

nanoseconds world::around(nanoseconds mean) {
  return nanoseconds(static_cast<std::int64_t>(random_.below(2 * static_cast<std::uint64_t>(mean.count()) + 1)));
}

void world::after(nanoseconds delay, std::move_only_function<void()> step) {
  todo_.emplace(std::pair(now_ + delay, steps_++), std::move(step));
}

void world::run_until(clock::time_point end) {
  while (!todo_.empty() && todo_.begin()->first.first <= end && failures_.empty()) {
    auto next = todo_.extract(todo_.begin());
    now_ = next.key().first;
    next.mapped()();
  }
  now_ = end;
}

void world::note(std::string_view who, std::string_view what, std::uint64_t number) {
  trace_ = mix(trace_, static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  for (const auto text : {who, what}) {
    for (const char c : text) trace_ = mix(trace_, static_cast<std::uint8_t>(c));
  }
  trace_ = mix(trace_, number);
  if (!shown_) return;
  const auto seconds = std::chrono::duration<double>(now_.time_since_epoch()).count();
  std::fputs(std::format("{:10.6f} {:6} {} {}\n", seconds, who, what, number).c_str(), stderr);
}

void world::broken(std::string what) {
  if (failures_.size() < failures_max) failures_.push_back(std::move(what));
}

}  // namespace perigee::sim
