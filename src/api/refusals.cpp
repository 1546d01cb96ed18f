#include "api/refusals.hpp"

#include "base/people_limits.hpp"

namespace perigee::api {
namespace {

using namespace std::chrono_literals;

constexpr auto told_every = 1min;

}  // namespace

std::optional<refusal> refusals::note(refusal one, clock::time_point now) {
  // What belongs in the audit is not hidden behind what does not.
  const auto kind = one.reason + (one.is_deed ? "!" : "");
  if (known_.size() >= limits::people_refusals_noted_max && !known_.contains({one.address, kind})) {
    one.address.clear();
    one.who.clear();
  }
  auto& [until, held, last] = known_[{one.address, kind}];
  if (until <= now) {
    one.times += std::exchange(held, 0);
    until = now + told_every;
    return one;
  }
  held += one.times;
  last = std::move(one);
  return std::nullopt;
}

std::vector<refusal> refusals::due(clock::time_point now) {
  std::vector<refusal> out;
  std::erase_if(known_, [now](const auto& each) { return each.second.until <= now && each.second.held == 0; });
  for (auto& [of, one] : known_) {
    if (one.until > now) continue;
    one.last.times = std::exchange(one.held, 0);
    one.until = now + told_every;
    out.push_back(std::move(one.last));
  }
  return out;
}

}  // namespace perigee::api
