#include "control/enrolment/renewal_times.hpp"

#include <algorithm>

#include "base/random.hpp"

namespace perigee::control::enrolment {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t spread_parts = 12;  // a twelfth of life before 2/3 of it, and one behind

/// FNV-1a: the same on every machine.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t out = 0xcbf29ce484222325ULL;
  for (const char c : text) out = (out ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
  return out;
}

}  // namespace

timestamp renewal_due(std::string_view name, validity of) {
  const auto life = of.life().count();
  prng draw(hash_of(name) ^ static_cast<std::uint64_t>(of.from.ns));
  const auto spread = life / spread_parts;
  return of.from + nanoseconds(life / 3 * 2 + draw.between(-spread, spread));
}

renewal_pauses pauses_for(validity of) {
  const auto life = of.life();
  return {std::clamp<nanoseconds>(life / 2000, 5s, 5min), std::clamp<nanoseconds>(life / 24, 1min, 6h)};
}

}  // namespace perigee::control::enrolment
