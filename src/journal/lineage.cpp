#include "journal/lineage.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/limits.hpp"

namespace perigee::journal {

void lane_lives::begin(perigee::epoch fresh, log_offset end) {
  PG_CHECK(fresh.value() != 0, "a life's epoch is a random number, not 0");
  while (!all_.empty() && all_.back().first >= end) all_.pop_back();
  if (all_.size() == limits::journal_lives_max) {
    all_[1].first = all_[0].first;
    all_.erase(all_.begin());
  }
  all_.push_back({fresh, all_.empty() ? log_offset() : end});
}

const life& lane_lives::at(log_offset offset) const {
  const auto next = std::ranges::upper_bound(all_, offset, {}, &life::first);
  PG_CHECK(next != all_.begin(), "the oldest life starts at 0");
  return *std::prev(next);
}

std::optional<std::size_t> lane_lives::find(perigee::epoch of) const {
  const auto found = std::ranges::find(all_, of, &life::epoch);
  if (found == all_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - all_.begin());
}

log_offset lane_lives::end_of(std::size_t place) const {
  return place + 1 < all_.size() ? all_[place + 1].first : log_offset(UINT64_MAX);
}

std::optional<log_offset> lane_lives::same_until(const lane_lives& other) const {
  for (auto place = all_.size(); place-- > 0;) {
    const auto there = other.find(all_[place].epoch);
    if (there) return std::min(end_of(place), other.end_of(*there));
  }
  return std::nullopt;
}

void lane_lives::encode(byte_writer& to) const {
  to.varint(all_.size());
  for (const auto& each : all_) {
    to.u64(each.epoch.value());
    to.varint(each.first.value());
  }
}

lane_lives lane_lives::decode(byte_reader& from) {
  lane_lives out;
  const auto count = from.varint();
  if (count == 0 || count > limits::journal_lives_max) from.fail();
  for (std::uint64_t i = 0; i < count && from.ok(); ++i) {
    const perigee::epoch e(from.u64());
    const log_offset first(from.varint());
    const bool follows = i == 0 ? first == log_offset() : first > out.all_.back().first;
    if (e.value() == 0 || !follows) from.fail();
    out.all_.push_back({e, first});
  }
  return out;
}

log_offset lineage::resume(model::lane l, const lineage& then, log_offset position) const {
  if (then.journal != journal) return {};
  if (then.current() == current()) return position;
  const auto& mine = (*this)[l];
  // Without a common life (there were too many since) the position is what there is to go by.
  const auto same = mine.same_until(then[l]).value_or(position);
  return std::min({position, same, mine.newest().first});
}

void lineage::encode(byte_writer& to) const {
  to.u64(journal.value());
  for (const auto& each : lanes) each.encode(to);
}

lineage lineage::decode(byte_reader& from) {
  lineage out{perigee::epoch(from.u64()), {}};
  for (auto& each : out.lanes) each = lane_lives::decode(from);
  const auto another = [&](const lane_lives& each) { return each.newest().epoch != out.lanes[0].newest().epoch; };
  if (from.ok() && (out.journal.value() == 0 || std::ranges::any_of(out.lanes, another))) from.fail();
  return out;
}

}  // namespace perigee::journal
