#include "journal/message_reader.hpp"

#include "base/log.hpp"

namespace perigee::journal {

result<place> read_messages(reader& from, model::batch_opener& opener, const message_request& what,
                            message_visitor visit) {
  std::optional<place> stopped;
  std::size_t messages = 0;
  const auto offer = [&](place here, const model::origin& of, const model::record_view& r) {
    if (++messages == what.messages_max) from.stop();
    if (!stopped && here >= what.from && !visit(here, of, r)) stopped = here;
  };
  const auto count = from.read(what.bytes_max, [&](log_offset at, const model::record_view& r) {
    if (r.kind != model::record_kind::batch) return offer({at, 0}, {}, r);
    if (stopped) return;
    std::uint32_t inner = 0;
    const auto opened = opener.for_each_message(
        {}, r, [&](const model::record_view& sender) { return !what.wanted || (*what.wanted)(sender.topic); },
        [&](std::uint32_t passed) { inner += passed; },
        [&](const model::origin& of, const model::record_view& one) { offer({at, ++inner}, of, one); });
    if (!opened) log::fault("journal", "a batch is passed over: {}", opened.error().text());
  });
  if (!count) return std::unexpected(count.error());
  if (!stopped) return place{from.position(), 0};
  from.seek(stopped->offset);
  return *stopped;
}

}  // namespace perigee::journal
