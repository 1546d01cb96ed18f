#include "readers/uplink/receiver.hpp"

#include "model/record_batch.hpp"

namespace perigee::readers::uplink {

welcome receiver::greet(std::string_view child, const hello& h) const {
  welcome out{h.epoch, {}};
  const auto source = source_of(child);
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    const auto mark = log_[static_cast<model::lane>(i)].high_water(source);
    if (mark && mark->epoch == h.epoch) out.next[i] = log_offset(mark->sequence.value());
  }
  return out;
}

result<receiver::accepted> receiver::offer(std::string_view child, model::lane l, byte_view batch, timestamp now) {
  PG_TRY(const auto header, model::peek_batch(batch));
  if (header.node != child || header.lane != l) return fail(errc::refused, "the batch is another node's or lane's");
  const auto source = source_of(child);
  auto& lane = log_[l];
  const auto mark = lane.high_water(source);
  if (mark && mark->epoch == header.journal_epoch) {
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
