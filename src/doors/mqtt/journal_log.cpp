#include "doors/mqtt/journal_log.hpp"

namespace perigee::doors::mqtt {

journal::reader& journal_log::reader_at(model::lane l, log_offset position) {
  auto& [tail, elsewhere] = readers_[static_cast<std::size_t>(l)];
  if (tail && tail->position() == position) return *tail;
  auto& chosen = tail ? elsewhere : tail;
  if (!chosen) chosen.emplace(log_[l]);
  if (chosen->position() != position) chosen->seek(position);
  return *chosen;
}

void journal_log::commit_staged() {
  for (std::size_t i = 0; i < model::lane_count; ++i) log_[static_cast<model::lane>(i)].commit_staged();
}

result<place> journal_log::read(const read_request& what, visitor visit) {
  return journal::read_messages(
      reader_at(what.lane, what.from.offset), opener_,
      {.from = what.from, .bytes_max = what.bytes_max, .messages_max = what.messages_max, .wanted = what.wanted},
      [&](place at, const model::origin&, const model::record_view& r) { return visit(at, r); });
}

}  // namespace perigee::doors::mqtt
