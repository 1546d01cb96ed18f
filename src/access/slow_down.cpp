#include "access/slow_down.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace perigee::access {
namespace {

using namespace std::chrono_literals;

constexpr unsigned free_failures = 5;  // a person mistypes, and many devices may share an address
constexpr nanoseconds first_wait = 1s;
constexpr nanoseconds longest_wait = 60s;
constexpr nanoseconds forgotten_after = 10min;

nanoseconds wait_after(unsigned failures) {
  if (failures < free_failures) return 0ns;
  constexpr unsigned doublings_max = 6;  // past the longest
  const auto doublings = std::min(failures - free_failures, doublings_max);
  return std::min<nanoseconds>(longest_wait, first_wait * (1 << doublings));
}

}  // namespace

bool slow_down::must_wait(std::string_view address, clock::time_point now) const {
  const auto found = known_.find(address);
  return found != known_.end() && now < found->second.until;
}

void slow_down::failed(std::string_view address, clock::time_point now) {
  auto found = known_.find(address);
  if (found == known_.end()) {
    make_room();
    found = known_.emplace(address, entry{}).first;
  }
  auto& one = found->second;
  one.failures = now - one.last > forgotten_after ? 1 : one.failures + 1;
  one.last = now;
  one.until = now + wait_after(one.failures);
}

void slow_down::succeeded(std::string_view address) {
  if (const auto found = known_.find(address); found != known_.end()) known_.erase(found);
}

void slow_down::make_room() {
  if (known_.size() < limits::access_addresses_max) return;
  known_.erase(std::ranges::min_element(known_, {}, [](const auto& each) { return each.second.until; }));
}

}  // namespace perigee::access
