#include "sim/world.hpp"

#include <cstdio>
#include <format>

namespace perigee::sim {
namespace {

constexpr std::size_t failures_max = 10;
constexpr std::uint64_t steps_at_once_max = 100'000;
constexpr timestamp start{1'700'000'000'000'000'000};

/// FNV-1a.
std::uint64_t mix(std::uint64_t hash, std::uint64_t word) { return (hash ^ word) * 0x100000001b3ULL; }

/// What the clock is between two worlds.
class stopped final : public time_source {
 public:
  [[nodiscard]] nanoseconds monotonic() const noexcept override { return nanoseconds(0); }
  [[nodiscard]] timestamp wall() const noexcept override { return start; }
  [[nodiscard]] bool simulated() const noexcept override { return true; }
};
constexpr stopped between_worlds;

}  // namespace

world::world(std::uint64_t seed) : random_(seed) { clock::install(*this); }
world::~world() { clock::install(between_worlds); }

timestamp world::wall() const noexcept { return start + now_.time_since_epoch() + wall_error_; }

nanoseconds world::around(nanoseconds mean) {
  return nanoseconds(static_cast<std::int64_t>(random_.below(2 * static_cast<std::uint64_t>(mean.count()) + 1)));
}

void world::after(nanoseconds delay, std::move_only_function<void()> step) {
  todo_.emplace(std::pair(now_ + delay, steps_++), std::move(step));
}

void world::run_until(clock::time_point end) {
  while (!todo_.empty() && todo_.begin()->first.first <= end && failures_.empty()) {
    auto next = todo_.extract(todo_.begin());
    steps_at_once_ = next.key().first == now_ ? steps_at_once_ + 1 : 0;
    if (steps_at_once_ > steps_at_once_max) return broken("liveness: time stands still");
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
  const auto at = std::chrono::duration<double>(now_.time_since_epoch()).count();
  std::fputs(std::format("{:10.6f} {:8} {} {}\n", at, who, what, number).c_str(), stderr);
}

void world::broken(std::string what) {
  if (failures_.size() < failures_max) failures_.push_back(std::move(what));
}

}  // namespace perigee::sim
