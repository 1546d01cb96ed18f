#include "doors/mqtt/journal_log.hpp"

#include "base/log.hpp"

namespace perigee::doors::mqtt {

journal::reader& journal_log::reader_at(model::lane l, log_offset position) {
  auto& [tail, elsewhere] = readers_[static_cast<std::size_t>(l)];
  if (tail && tail->position() == position) return *tail;
  auto& chosen = tail ? elsewhere : tail;
  if (!chosen) chosen.emplace(log_[l]);
  if (chosen->position() != position) chosen->seek(position);
  return *chosen;
}

result<place> journal_log::read(const read_request& what, visitor visit) {
  auto& reader = reader_at(what.lane, what.from.offset);
  std::optional<place> stopped;
  std::size_t messages = 0;
  const auto offer = [&](place here, const model::record_view& r) {
    if (++messages == what.messages_max) reader.stop();
    if (!stopped && here >= what.from && !visit(here, r)) stopped = here;
  };
  const auto count = reader.read(what.bytes_max, [&](log_offset at, const model::record_view& r) {
    if (r.kind != model::record_kind::batch) return offer({at, 0}, r);
    if (stopped) return;
    std::uint32_t inner = 0;
    const auto opened = opener_.for_each_message(
        {}, r, [&](const model::record_view& sender) { return !what.wanted || (*what.wanted)(sender.topic); },
        [&](std::uint32_t passed) { inner += passed; },
        [&](const model::origin&, const model::record_view& one) { offer({at, ++inner}, one); });
    if (!opened) log::fault("doors.mqtt", "a batch is passed over: {}", opened.error().text());
  });
  if (!count) return std::unexpected(count.error());
  if (!stopped) return place{reader.position(), 0};
  reader.seek(stopped->offset);
  return *stopped;
}

}  // namespace perigee::doors::mqtt
