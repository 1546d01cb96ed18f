#include "readers/uplink/receiver.hpp"

#include <algorithm>

#include "model/record_batch.hpp"

namespace perigee::readers::uplink {
namespace {

/// `marks`: what is here of each life, the one heard of last first. The newest life that both know decides.
lane_welcome go_on(const journal::lane_lives& lives, const std::vector<journal::stamp>& marks) {
  if (marks.empty()) return {};
  for (auto place = lives.all().size(); place-- > 0;) {
    const auto mark = std::ranges::find(marks, lives.all()[place].epoch, &journal::stamp::epoch);
    if (mark == marks.end()) continue;
    const log_offset had(mark->sequence.value());
    const auto end = lives.end_of(place);
    const auto strange = [&](const journal::stamp& later) { return !lives.find(later.epoch); };
    return {.next = std::min(had, end), .forked = had > end || std::any_of(marks.begin(), mark, strange)};
  }
  return {.forked = true, .no_common = true};
}

}  // namespace

welcome receiver::greet(std::string_view child, const hello& h) const {
  welcome out{h.lives.current(), {}};
  const auto source = source_of(child);
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    out.lanes[i] = go_on(h.lives.lanes[i], log_[static_cast<model::lane>(i)].high_waters(source));
  }
  return out;
}

result<receiver::accepted> receiver::offer(std::string_view child, model::lane l, byte_view batch, timestamp now) {
  PG_TRY(const auto header, model::peek_batch(batch));
  if (header.node != child || header.lane != l) return fail(errc::refused, "the batch is another node's or lane's");
  const auto source = source_of(child);
  auto& lane = log_[l];
  if (const auto mark = lane.high_water(source, header.journal_epoch)) {
    const auto next = log_offset(mark->sequence.value());
    if (header.last < next) return accepted{l, log_offset(lane.staged().value() - 1), false};
    if (header.first != next) return fail(errc::out_of_order, "the batch does not follow the one before");
  }
  model::record_view r;
  r.kind = model::record_kind::batch;
  r.lane = l;
  r.qos = 1;
  r.payload = batch;
  r.source = source;
  r.epoch = header.journal_epoch;
  r.sequence = sequence(header.last.value() + 1);
  r.arrival = now;
  PG_TRY(const auto at, lane.append(r));
  return accepted{l, at, true};
}

}  // namespace perigee::readers::uplink
