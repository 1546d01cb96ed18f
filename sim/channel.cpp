#include "sim/channel.hpp"

#include <algorithm>
#include <utility>

namespace perigee::sim {
namespace {

constexpr std::uint64_t pieces_max = 4;
constexpr double splits = 0.25;

}  // namespace

nanoseconds channel::arrival(direction& in) {
  in.last_arrival = std::max({in.last_arrival, in.held_until, world_.now() + world_.around(delay_mean_)});
  return in.last_arrival - world_.now();
}

void channel::send(toward to, byte_buffer bytes) {
  if (broken_ || lane(to).swallows) return;
  auto whole = std::make_shared<const byte_buffer>(std::move(bytes));
  auto& random = world_.random();
  const auto pieces = random.chance(splits) ? 2 + random.below(pieces_max - 1) : 1;
  std::size_t begin = 0;
  for (std::uint64_t i = 1; i <= pieces && begin < whole->size(); ++i) {
    const bool last = i == pieces;
    const auto end = last ? whole->size() : begin + 1 + random.below(whole->size() - begin);
    world_.after(arrival(lane(to)), [self = shared_from_this(), whole, begin, end, to] {
      auto& [reader, at, held, swallows] = self->lane(to);
      if (self->broken_ || swallows || reader == nullptr) return;
      reader->on_piece(byte_view(*whole).subspan(begin, end - begin));
      auto* sender = self->lane(other(to)).reader;
      if (end == whole->size() && sender != nullptr && !self->broken_) sender->on_delivered();
    });
    begin = end;
  }
}

void channel::tell(toward side) {
  world_.after(arrival(lane(side)), [self = shared_from_this(), side] {
    auto& there = self->lane(side);
    if (auto* who = there.swallows ? nullptr : std::exchange(there.reader, nullptr)) who->on_broken();
  });
}

void channel::leave(toward side) {
  lane(side).reader = nullptr;
  tell(other(side));
}

void channel::cut() {
  if (std::exchange(broken_, true)) return;
  for (const auto side : {toward::server, toward::client}) {
    lane(side).swallows = false;
    tell(side);
  }
}

}  // namespace perigee::sim
