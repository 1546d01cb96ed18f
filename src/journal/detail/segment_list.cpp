#include "journal/detail/segment_list.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "journal/detail/frame.hpp"

namespace perigee::journal::detail {
namespace {

constexpr std::uint64_t index_spacing_bytes = 256U << 10;

}  // namespace

void segment::note(log_offset at, std::uint64_t position) {
  const auto last = index.empty() ? segment_header_bytes : index.back().position;
  if (position < last + index_spacing_bytes) return;
  index.push_back({static_cast<std::uint32_t>(at.value() - first.value()), static_cast<std::uint32_t>(position)});
}

segment::place segment::nearest(log_offset at) const {
  const auto record = at.value() - first.value();
  const auto behind = std::ranges::upper_bound(index, record, {}, &place::record);
  return behind == index.begin() ? place{0, segment_header_bytes} : *std::prev(behind);
}

void segment_list::push(segment s) {
  bytes_ += s.bytes;
  all_.push_back(std::move(s));
}

void segment_list::grow_last(std::uint64_t bytes) {
  all_.back().bytes += bytes;
  bytes_ += bytes;
}

segment segment_list::pop_oldest() {
  auto oldest = std::move(all_.front());
  all_.pop_front();
  bytes_ -= oldest.bytes;
  return oldest;
}

std::size_t segment_list::find(log_offset at) const {
  const auto behind = std::ranges::upper_bound(all_, at, {}, &segment::first);
  PG_CHECK(behind != all_.begin(), "the offset is before the oldest segment");
  return static_cast<std::size_t>(std::distance(all_.begin(), behind)) - 1;
}

}  // namespace perigee::journal::detail
