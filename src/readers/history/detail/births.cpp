#include "readers/history/detail/births.hpp"

#include "base/log.hpp"
#include "model/sparkplug_topic.hpp"

namespace perigee::readers::history::detail {

result<> birth_table::open(sqlite::connection& db) {
  PG_TRY(all_, db.prepare("SELECT node, topic, payload FROM birth ORDER BY node, edge_node, device"));
  PG_TRY(put_, db.prepare("INSERT OR REPLACE INTO birth(node, edge_node, device, topic, payload)"
                          " VALUES(?, ?, ?, ?, ?)"));
  PG_TRY(end_devices_, db.prepare("DELETE FROM birth WHERE node = ? AND edge_node = ?"));
  return {};
}

result<> birth_table::recall(model::payload_decoder& into) {
  all_.begin();
  for (;;) {
    PG_TRY(const bool row, all_.step());
    if (!row) return {};
    const auto read = into.decode(
        model::payload_format::sparkplug_b, all_.text(1), all_.blob(2), {}, [](const model::reading_view&) {},
        all_.text(0));
    if (!read) log::warn("readers.history", "a birth certificate is not read again: {}", read.error().text());
  }
}

result<> birth_table::note(std::string_view node, std::string_view topic, byte_view payload) {
  const auto name = model::sparkplug::parse_topic(topic);
  if (!name || !model::sparkplug::is_birth(name->type)) return {};
  edge_node_.assign(name->group).append("/").append(name->edge_node);
  if (name->device.empty()) {
    PG_TRY_VOID(end_devices_.begin().bind(node).bind(edge_node_).run());
  }
  return put_.begin().bind(node).bind(edge_node_).bind(name->device).bind(topic).bind(payload).run();
}

}  // namespace perigee::readers::history::detail
