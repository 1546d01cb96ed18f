#include "quarantine/detail/book.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "model/gap.hpp"

namespace perigee::quarantine::detail {

result<> book::apply(std::uint8_t kind, byte_view body, place at, bool durable) {
  switch (static_cast<frame_kind>(kind)) {
    case frame_kind::set_aside: {
      PG_TRY(auto frame, decode_set_aside(body));
      const auto number = frame.what.number;
      head.next_number = std::max(head.next_number, number + 1);
      if (!numbers_.emplace(frame.what.who, number).second) return {};
      all_[number] = {std::move(frame.what), at, durable};
      bytes_ += at.length;
      return {};
    }
    case frame_kind::kept: {
      PG_TRY(const auto frame, decode_kept(body));
      if (auto* found = find(frame.number)) {
        found->what.retries = frame.retries;
        found->what.reason = frame.reason;
      }
      return {};
    }
    case frame_kind::taken: {
      PG_TRY(const auto number, decode_number(body));
      remove(number);
      return {};
    }
    case frame_kind::lost: {
      PG_TRY(const auto frame, decode_lost(body));
      head.next_gap = std::max(head.next_gap, frame.gap + 1);
      if (!frame.payload.empty()) {
        PG_TRY(const auto said, model::decode_gap(frame.payload));
        owed_[frame.gap] = {frame.time, to_buffer(frame.payload), said.lane, durable, false, {}};
      }
      for (const auto number : frame.numbers) remove(number);
      return {};
    }
    case frame_kind::told: {
      PG_TRY(const auto gap, decode_number(body));
      owed_.erase(gap);
      return {};
    }
  }
  return fail(errc::malformed, "no frame of this kind is known");
}

shelf* book::find(std::uint64_t number) {
  const auto found = all_.find(number);
  return found == all_.end() ? nullptr : &found->second;
}

std::pair<const std::uint64_t, owed_gap>* book::untried(model::lane l) {
  const auto found =
      std::ranges::find_if(owed_, [l](const auto& each) { return each.second.lane == l && !each.second.tried; });
  return found == owed_.end() ? nullptr : &*found;
}

void book::remove(std::uint64_t number) {
  const auto found = all_.find(number);
  if (found == all_.end()) return;
  bytes_ -= found->second.where.length;
  numbers_.erase(found->second.what.who);
  all_.erase(found);
}

std::vector<std::uint64_t> book::over_the_bound() const {
  std::vector<std::uint64_t> out;
  auto records = all_.size();
  auto bytes = bytes_;
  for (auto each = all_.begin();
       each != all_.end() && (records > limits::quarantine_records_max || bytes > limits::quarantine_bytes_max);
       ++each) {
    out.push_back(each->first);
    --records;
    bytes -= each->second.where.length;
  }
  return out;
}

}  // namespace perigee::quarantine::detail
