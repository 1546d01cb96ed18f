#include "node/mqtt_trace.hpp"

#include <boost/json.hpp>

#include "node/mqtt_json.hpp"

namespace perigee::node {

result<std::unique_ptr<mqtt_trace>> mqtt_trace::start(io::shard& on, doors::mqtt::broker_view& of,
                                                      std::string_view client_id) {
  auto made = std::make_unique<mqtt_trace>(on);
  PG_TRY(made->trace_, of.start_trace(client_id, [to = made.get()](const auto& event) { to->add(to_json(event)); }));
  const auto now = of.client(client_id);
  made->add({{"at", to_iso8601(clock::wall())},
             {"event", "started"},
             {"client_id", client_id},
             {"connected", now && now->connected}});
  return made;
}

}  // namespace perigee::node
