#include "powercut/volatile_file.hpp"

#include <algorithm>

namespace perigee::powercut {

void volatile_file::put(content& to, std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  if (to.size() < offset + bytes.size()) to.resize(offset + bytes.size());
  std::ranges::copy(bytes, to.begin() + static_cast<std::ptrdiff_t>(offset));
}

void volatile_file::write(std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  put(now_, offset, bytes);
  unsynced_.push_back({false, offset, {bytes.begin(), bytes.end()}});
}

void volatile_file::truncate(std::uint64_t size) {
  now_.resize(size);
  unsynced_.push_back({true, size, {}});
}

void volatile_file::sync() {
  for (const auto& c : unsynced_) {
    if (c.truncates) {
      synced_.resize(c.offset);
    } else {
      put(synced_, c.offset, c.bytes);
    }
  }
  unsynced_.clear();
}

void volatile_file::lose_power(prng& random, const survival& odds, losses& count) {
  for (const auto& c : unsynced_) {
    if (c.truncates) {
      if (random.chance(odds.of_sectors)) synced_.resize(c.offset);
      continue;
    }
    const bool is_last = &c == &unsynced_.back();
    const auto torn_at = is_last ? c.offset + random.below(c.bytes.size() + 1) : UINT64_MAX;
    keep_some_sectors(c, torn_at, random, odds, count);
  }
  unsynced_.clear();
  now_ = synced_;
}

/// `torn_at`: what begins there or behind it was not written any more.
void volatile_file::keep_some_sectors(const change& c, std::uint64_t torn_at, prng& random, const survival& odds,
                                      losses& count) {
  const auto lost_before = count.sectors;
  const std::uint64_t end = c.offset + c.bytes.size();
  for (auto at = c.offset; at < end;) {
    const auto next = std::min(end, (at / sector_bytes + 1) * sector_bytes);
    if (next <= torn_at && random.chance(odds.of_sectors)) {
      put(synced_, at, std::span(c.bytes).subspan(at - c.offset, next - at));
    } else {
      ++count.sectors;
    }
    at = next;
  }
  if (count.sectors != lost_before) ++count.writes;
}

}  // namespace perigee::powercut
